import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../../server/src/store/postgres/postgres.fixture.ts';
import { Cluster, noCluster } from '../cluster/cluster.ts';
import { readEvents } from '../support/caller.ts';
import { CommandLine } from '../support/command.ts';
import { noPostgresServer } from '../support/postgres-server.ts';
import { textIn } from '../support/replayed-reply.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const BIN = process.env.MILLRACE_POSTGRES_BIN ?? '';
const CONTENT = 'The mill 水車 grinds on 🎡. '.repeat(1200);
const missing = noCluster || noPostgresServer;
const because = missing === '' ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== '')(`a backup of a node on PostgreSQL and Redis${because}`, () => {
  let folder: string;
  let cluster: Cluster;
  let copy: { url: string; drop: () => Promise<void> };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-backup-'));
    cluster = await Cluster.start({
      log: 'PostgreSQL and Redis',
      clocks: [0],
      settings: { LEASE_MS: '900' },
    });
    copy = await createTestDatabase();
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await copy.drop();
    await rm(folder, { recursive: true });
  });

  test('taken while replies run: finished replies are whole, running ones end as interrupted, and the ledger balances', async () => {
    const caller = await cluster.user();
    const ended = await caller.ask('Hello');
    const chat = await caller.createChat();
    const running = readEvents(
      await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: CONTENT }),
    );
    const { value: meta } = await running.next();
    const generationId = meta?.generationId ?? '';
    // With Redis, events reach the database a second later.
    await until(
      'the model has sent many chunks',
      () => (cluster.simulator.log().at(-1)?.chunksSent ?? 0) > 300,
    );
    const file = join(folder, 'millrace.dump');
    await run(join(BIN, 'pg_dump'), ['--format=custom', `--file=${file}`, cluster.databaseUrl]);
    await run(join(BIN, 'pg_restore'), ['--exit-on-error', `--dbname=${copy.url}`, file]);
    expect((await caller.generation(generationId)).status).toBe('running');

    // A backup doesn't include Redis, so the copy runs without it.
    const again = cluster.at(await cluster.add({ DATABASE_URL: copy.url, REDIS_URL: '' }), caller);
    expect(await again.messages(ended.meta.chatId)).toEqual(await caller.messages(ended.meta.chatId));
    expect(await again.replay(ended.last.generationId)).toEqual(await caller.replay(ended.last.generationId));
    const { last, text } = await again.replay(generationId);
    expect(last).toMatchObject({ event: 'error', data: { status: 'interrupted' } });
    const reply = (await again.messages(chat.id)).at(-1);
    expect(reply).toMatchObject({ status: 'interrupted', tokensUsed: expect.any(Number) });
    expect(textIn(reply, 'text')).toBe(text);
    expect(CONTENT.startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(0);
    expect((await again.me()).budget.reserved).toBe(0);
    using commands = new CommandLine({ DATABASE_URL: copy.url });
    const { stdout } = await commands.run(['ledger', 'check']);
    expect(stdout).toBe('The ledger balances.\n');
    expect((await again.ask('And now?')).last).toMatchObject({ event: 'done' });

    // The original server is not affected.
    let end;
    for await (const event of running) end = event;
    expect(end).toMatchObject({ event: 'done', data: { status: 'completed' } });
  });
});
