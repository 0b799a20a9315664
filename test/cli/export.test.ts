import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Chat } from '@millrace/protocol';
import { CommandLine } from '../support/command.ts';
import type { Caller } from '../support/caller.ts';
import { pngOf } from '../support/images.ts';
import { ServerProcess } from '../support/server-process.ts';
import { signUp } from '../support/sign-in.ts';
import { testEnvironment } from '../support/test-server.ts';

let machine: CommandLine;
let simulator: Simulator;
let server: ServerProcess;
let ada: Caller;
let chat: Chat;
let dataDir: string;
const IMAGE = pngOf(4, 3, [200, 30, 30]);
beforeAll(async () => {
  machine = new CommandLine();
  dataDir = join(machine.home, 'data');
  simulator = await startSimulator();
  server = await ServerProcess.start(testEnvironment(simulator.url, dataDir));
  ada = await signUp(server.url, 'ada@example.org');
  chat = await ada.createChat();
  const inlineData = { mimeType: 'image/png', data: IMAGE.toString('base64') };
  simulator.script([
    {
      thoughts: ['Hm.'],
      chunks: ['Here: '],
      parts: [{ inlineData }],
      candidate: {
        groundingMetadata: { groundingChunks: [{ web: { uri: 'https://mills.example/', title: 'Mills' } }] },
      },
    },
    { text: 'Another.' },
    { chunks: ['Half '], fault: { kind: 'reset', afterChunks: 1 } },
  ]);
  const { meta } = await ada.ask('Draw a mill', chat.id);
  await (await ada.send('POST', `/api/messages/${meta.assistantMessage.id}/regenerate`, {})).text();
  await ada.ask('And now?', chat.id);
  await ada.json('PATCH', `/api/chats/${chat.id}`, { title: 'Mills', archived: true });
  const grace = await signUp(server.url, 'grace@example.org');
  await grace.ask('Hello');
});
afterAll(async () => {
  await server.terminate();
  await simulator.close();
  machine[Symbol.dispose]();
});

const readDocument = async (...path: string[]) =>
  JSON.parse(await readFile(join(machine.home, ...path), 'utf8'));

test('over HTTP a user’s own chats are exported completely: the tree, costs, sources, and images in files beside them', async () => {
  const environment = { MILLRACE_URL: server.url, MILLRACE_KEY: ada.token };
  const { code, stdout, stderr } = await machine.run(['export', '--json', '--out', 'mine'], { environment });
  const file = `${chat.id}.json`;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    folder: 'mine',
    chats: [{ id: chat.id, title: 'Mills', file, messages: 5, media: 1 }],
  });
  const document = await readDocument('mine', file);
  const messages = await ada.messages(chat.id);
  expect(Object.keys(document).slice(0, 2)).toEqual(['format', 'version']);
  expect(document).toMatchObject({ format: 'millrace-chat', version: 2, messages });
  expect(document.chat).toEqual(await ada.json('GET', `/api/chats/${chat.id}`));
  expect(messages.map(({ status }) => status)).toContain('failed');
  const part = messages.flatMap(({ parts }) => parts).find(({ type }) => type === 'media');
  expect(document.media).toEqual([
    { url: part && 'url' in part ? part.url : '', mimeType: 'image/png', file: expect.any(String) },
  ]);
  const image = join(machine.home, 'mine', document.media[0].file);
  expect((await readFile(image)).equals(IMAGE)).toBe(true);
  expect((await stat(image)).mode & 0o777).toBe(0o600);
});

test('from the server’s folder the chats of all users, one folder per user, or of one user can be exported', async () => {
  const all = await machine.run(['export', '--data-dir', dataDir, '--out', 'all']);
  expect(all).toMatchObject({ code: 0, stderr: 'Wrote 2 chats to all.\n' });
  expect(await readdir(join(machine.home, 'all'))).toHaveLength(2);
  const one = ['export', '--user', 'ada@example.org', '--out', 'hers'];
  expect((await machine.run(one, { environment: { DATA_DIR: dataDir } })).code).toBe(0);
  const { exportedAt: _, ...offline } = await readDocument('hers', `${chat.id}.json`);
  const { exportedAt: __, ...online } = await readDocument('mine', `${chat.id}.json`);
  expect(offline).toEqual(online);
});

test('Markdown has the newest branch', async () => {
  const { code } = await machine.run([
    'export',
    '--data-dir',
    dataDir,
    '--chat',
    chat.id,
    '--format',
    'markdown',
    '--out',
    'read',
  ]);
  expect(code).toBe(0);
  const text = await readFile(join(machine.home, 'read', `${chat.id}.md`), 'utf8');
  expect(text.replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+Z?/g, 'TIME')).toMatch(
    /^# Mills\n\n\*Exported TIME · 1 messages of other branches left out\*\n\n## You · TIME\n\nDraw a mill\n\n## gemini-\S+ · TIME\n\nAnother\.\n\n## You · TIME\n\nAnd now\?\n\n## gemini-\S+ · TIME\n\nHalf \n\n\*failed\*\n$/,
  );
});

test('a malicious server can’t choose where files are written', async () => {
  const chats = { items: [{ id: '../../elsewhere', title: null }], nextCursor: null };
  const hostile = createServer((incoming, response) => {
    const body = incoming.url?.includes('/messages') === true ? { items: [], nextCursor: null } : chats;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  hostile.listen(0, '127.0.0.1');
  await once(hostile, 'listening');
  const url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
  const { code, stderr } = await machine.run(['export', '--url', url, '--key', 'any', '--out', 'hostile']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'millrace: ../../elsewhere is not the id of a chat. (unexpected_response)\n',
  });
  hostile.close();
});

test.each([
  [['--user', 'nobody@example.org'], 1, 'not_found'],
  [['--data-dir', 'nowhere'], 2, 'invalid_settings'],
  [['--chat', '018f0000-0000-7000-8000-000000000000'], 1, 'not_found'],
  [['--format', 'pdf'], 2, 'invalid_usage'],
  [['--user', 'ada@example.org', '--url', 'http://127.0.0.1'], 2, 'invalid_usage'],
])('%j exits with %i and %s', async (args, code, word) => {
  const finished = await machine.run(['export', ...args], {
    environment: { DATA_DIR: dataDir, MILLRACE_URL: server.url },
  });
  expect(finished).toMatchObject({ code, stdout: '' });
  expect(finished.stderr).toContain(`(${word})`);
});
