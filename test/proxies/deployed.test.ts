import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attach } from '../support/attached.ts';
import { Caller } from '../support/caller.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { Nginx, noNginx } from './nginx.ts';
import { readOneByOne } from './read-one-by-one.ts';

const because = noNginx === '' ? '' : ` (skipped: ${noNginx})`;

describe.skipIf(noNginx !== '')(
  `behind nginx with the configuration of deploy/, in front of three nodes${because}`,
  () => {
    let model: HandFedModel;
    let dataDir: string;
    let nodes: ServerProcess[];
    let nginx: Nginx;
    let caller: Caller;
    beforeAll(async () => {
      model = await HandFedModel.start();
      dataDir = await mkdtemp(join(tmpdir(), 'millrace-deployed-'));
      const settings = { TRUST_PROXY: '1', LOG_LEVEL: 'debug', MAX_ATTACHMENT_CHARS: '1000000' };
      const environment = { ...testEnvironment(model.url, dataDir), ...settings };
      nodes = [];
      for (let count = 0; count < 3; count += 1) nodes.push(await ServerProcess.start(environment));
      nginx = await Nginx.deployed(nodes.map(({ url }) => url));
      caller = await Caller.asGuest(nginx.url);
    });
    afterAll(async () => {
      await nginx[Symbol.asyncDispose]();
      await Promise.all(nodes.map((node) => node.kill()));
      await model.close();
      await rm(dataDir, { recursive: true });
    });

    test('tokens arrive one by one, and requests are spread over all nodes', async () => {
      expect((await readOneByOne(model, nginx.url, caller)).get('server')).toMatch(/^nginx/);
      for (let count = 0; count < 3; count += 1) await caller.me();
      for (const { output } of nodes) expect(output()).toContain('/api/');
    });

    test('nginx accepts files up to the limit of Millrace', async () => {
      const { size } = await attach(caller, '水'.repeat(900_000), 'mill.txt');
      expect(size).toBe(2_700_000);
    });

    test('requests succeed when a node is down', async () => {
      await nodes[0]?.kill();
      const answers = Array.from({ length: 6 }, () => caller.send('POST', '/api/chats', {}));
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(201));
      await readOneByOne(model, nginx.url, caller);
    });
  },
);
