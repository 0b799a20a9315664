import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CommandLine } from '../support/command.ts';
import { ServerProcess } from '../support/server-process.ts';
import { startTestServer, testEnvironment } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
let machine: CommandLine;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());
beforeEach(() => {
  server.simulator.reset();
  machine = new CommandLine({ MILLRACE_URL: server.url });
});
afterEach(() => machine[Symbol.dispose]());

/** Sends two words, and then stalls. */
const ENDLESS = { chunks: ['One ', 'two ', 'three.'], fault: { kind: 'stall', afterChunks: 2 } } as const;

const requestsFor = (question: string) =>
  server.simulator.log().filter(({ body }) => JSON.stringify(body).includes(question));

test('stdout has only the reply; thoughts, sources and cost are on stderr', async () => {
  server.simulator.script([
    {
      thoughts: ['Rivers turn wheels.'],
      chunks: ['The mill\n', 'turns.'],
      candidate: {
        groundingMetadata: { groundingChunks: [{ web: { uri: 'https://mills.example/', title: 'Mills' } }] },
      },
    },
  ]);
  const { code, stdout, stderr } = await machine.run(['chat', 'Why', 'does', 'it', 'turn?']);
  expect(stdout).toBe('The mill\nturns.\n');
  expect(stderr).toMatch(
    /^Rivers turn wheels\.\nsource: Mills – https:\/\/mills\.example\/\ngemini-\S+ · \d+ tokens · \$\d\.\d{6}\n$/,
  );
  expect(code).toBe(0);
  expect(requestsFor('Why does it turn?')).toHaveLength(1);
});

test('a message may be on stdin, and continues the last chat unless --new is given', async () => {
  await machine.run(['chat'], { input: 'The word is waterwheel.\n' });
  await machine.run(['chat', 'Which word?']);
  expect(requestsFor('Which word?').at(-1)?.body).toMatchObject({ contents: { length: 3 } });
  await machine.run(['chat', '--new', 'Which word?']);
  expect(requestsFor('Which word?').at(-1)?.body).toMatchObject({ contents: { length: 1 } });
});

test('a guest’s session is saved in a file that only its owner can read, and a credential takes precedence', async () => {
  await machine.run(['chat', 'Hello']);
  const file = join(machine.home, 'millrace/sessions.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const saved = JSON.parse(await readFile(file, 'utf8'));
  expect(saved).toEqual({ [server.url]: { guestToken: expect.any(String), chatId: expect.any(String) } });

  const user = await server.user();
  const asked = await machine.run(['chat', 'Hello'], { environment: { MILLRACE_KEY: user.token } });
  expect(asked.code).toBe(0);
  const { items } = await user.json<{ items: object[] }>('GET', '/api/chats');
  expect(items).toHaveLength(1);
  expect(await readFile(file, 'utf8')).not.toContain(user.token);
});

test('a guest session that has ended is replaced by a new one', async () => {
  await machine.run(['chat', 'Hello']);
  const file = join(machine.home, 'millrace/sessions.json');
  const { guestToken } = JSON.parse(await readFile(file, 'utf8'))[server.url];
  const headers = { authorization: `Bearer ${guestToken}`, 'content-type': 'application/json' };
  await fetch(`${server.url}/api/auth/sign-out`, { method: 'POST', headers, body: '{}' });
  const { code, stderr } = await machine.run(['chat', 'Hello']);
  expect(code).toBe(0);
  expect(stderr).toContain('The saved guest session has ended');
});

test('with --json stdout has one line for each event, and nothing else', async () => {
  server.simulator.script([{ chunks: ['One ', 'two'] }]);
  const { stdout, stderr, code } = await machine.run(['chat', '--json', 'Count']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({ event: 'meta', sequence: 1, generationId: expect.any(String) });
  expect(
    events
      .filter(({ event }) => event === 'delta')
      .map(({ data }) => data.text)
      .join(''),
  ).toBe('One two');
  expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'completed' } });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
});

test('a reply that fails keeps its text, prints its code, and exits with 1', async () => {
  server.simulator.script([{ chunks: ['One ', 'two '], fault: { kind: 'reset', afterChunks: 1 } }]);
  const failed = await machine.run(['chat', 'Count']);
  expect(failed.stdout).toBe('One \n');
  expect(failed.stderr).toMatch(/^millrace: .+ \(model_stream_broken\)\n$/);
  expect(failed.code).toBe(1);

  server.simulator.script(['503']);
  const { stdout, stderr } = await machine.run(['chat', '--json', 'Count']);
  expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ event: 'error' });
  expect(JSON.parse(stderr)).toEqual({ error: { code: 'model_unavailable', message: expect.any(String) } });
});

test.each([
  [['chat', '--url', 'http://127.0.0.1:9', 'Hello'], 1, 'unreachable'],
  [['chat', '--key', 'wrong', 'Hello'], 1, 'unauthenticated'],
  [['chat', '--chat', '018f0000-0000-7000-8000-000000000000', 'Hello'], 1, 'not_found'],
  [['chat', '--resume'], 1, 'nothing_to_resume'],
  [['chat', '--url', 'mill', 'Hello'], 2, 'invalid_usage'],
  [['chat', '--new', '--chat', 'x', 'Hello'], 2, 'invalid_usage'],
  [['chat', '--nonsense'], 2, 'invalid_usage'],
  [['chat', ' '], 2, 'invalid_usage'],
])('%j exits with %i, and prints one line that ends with %s', async (args, code, word) => {
  const plain = await machine.run(args);
  expect(plain).toEqual({ code, stdout: '', stderr: expect.stringMatching(/^millrace: [^\n]+\n$/) });
  expect(plain.stderr).toContain(` (${word})\n`);
  const { stderr } = await machine.run([...args.slice(0, 1), '--json', ...args.slice(1)]);
  expect(JSON.parse(stderr)).toEqual({ error: { code: word, message: expect.any(String) } });
});

test('Ctrl+C stops the reply at the server, and its cost is shown', async () => {
  server.simulator.script([ENDLESS]);
  const running = machine.start(['chat', 'Count']);
  await running.sees('One two');
  running.interrupt();
  const { code, stdout, stderr } = await running.finished;
  expect(stdout).toBe('One two \n');
  expect(stderr).toMatch(/stopped · gemini-\S+ · about \d+ tokens/);
  expect(code).toBe(130);
});

test('a second Ctrl+C leaves at once, also when the server no longer answers', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const frozen = await ServerProcess.start(testEnvironment(server.simulator.url, dataDir));
  server.simulator.script([ENDLESS]);
  const running = machine.start(['chat', '--url', frozen.url, 'Count']);
  await running.sees('One two');
  frozen.freeze();
  running.interrupt();
  // A signal that arrives while another is pending is lost, so it is repeated.
  const again = setInterval(() => running.interrupt(), 50);
  const { code, stdout } = await running.finished;
  clearInterval(again);
  expect({ code, stdout }).toEqual({ code: 130, stdout: 'One two ' });
  frozen.thaw();
  await frozen.kill();
  await rm(dataDir, { recursive: true });
});

test('control sequences of a model are removed for a terminal, and kept for a pipe', async () => {
  const hostile = 'a\u001b[2Jb\u001b]0;title\u0007c\u009b31md\re\u0008f\tg\nh\u007f';
  server.simulator.script([{ text: hostile, thoughts: ['\u001b[8mhidden'] }]);
  const running = machine.startAtTerminal(['chat', 'Hello'], { NO_COLOR: '1' });
  const { stdout } = await running.finished;
  // The terminal itself adds a carriage return before each line feed.
  expect(stdout.replaceAll('\r\n', '\n')).toMatch(
    /^\[8mhidden\na\[2Jb\]0;titlec31mdef\tg\nh\n.* tokens.*\n$/,
  );
  server.simulator.script([{ text: hostile }]);
  expect((await machine.run(['chat', 'Hello'])).stdout).toBe(`${hostile}\n`);
});

test('at a terminal it is a conversation: messages, chats, other replies, and Ctrl+C that returns to the prompt', async () => {
  const user = await server.user();
  server.simulator.script([{ text: 'First.' }, { text: 'Second.' }, ENDLESS, { text: 'Third.' }]);
  const running = machine.startAtTerminal(['chat'], { MILLRACE_KEY: user.token, NO_COLOR: '1' });
  await running.sees('New chat.');
  running.type('What is a mill?\n');
  await running.sees('First.');
  await running.sees(/tokens[^>]*> /);
  running.type('/regenerate\n');
  await running.sees('Second.');
  await running.sees(/tokens[^>]*> /, { times: 2 });
  running.type('Count!\n');
  await running.sees('One two');
  running.type('\u0003');
  await running.sees(/stopped · [^>]*> /);
  running.type('/new\n');
  await running.sees(/a new chat\.[^>]*> /);
  // Pasted lines are one message.
  running.type('line one\nline two\n');
  await running.sees('Third.');
  await running.sees(/tokens[^>]*> /, { times: 4 });
  running.type('/chats\n');
  await running.sees(/1 {2}\S+ \S+ {2}line one/);
  await running.sees(/2 {2}\S+ \S+ {2}What is a mill\?/);
  running.type('/open 2\n');
  await running.sees(/Chat: What is a mill\?/);
  await running.sees('> Count!');
  running.type('/nonsense\n');
  await running.sees('There is no command /nonsense.');
  running.type('/quit\n');
  expect((await running.finished).code).toBe(0);
  expect(requestsFor('line one\\nline two')).toHaveLength(1);
});

test('/stop stops a reply that another client started in the chat, and Ctrl+C at the prompt leaves', async () => {
  const user = await server.user();
  const { id } = await user.createChat();
  const running = machine.startAtTerminal(['chat', '--chat', id], {
    MILLRACE_KEY: user.token,
    NO_COLOR: '1',
  });
  await running.sees('without a title');
  server.simulator.script([ENDLESS]);
  const reply = user.ask('Count', id);
  await until('the reply runs', async () =>
    (await user.messages(id)).some(({ status }) => status === 'running'),
  );
  running.type('/stop\n');
  await running.sees('Stopped.');
  expect((await reply).last).toMatchObject({ event: 'done', data: { status: 'stopped' } });
  running.type('\u0003');
  expect((await running.finished).code).toBe(130);
});
