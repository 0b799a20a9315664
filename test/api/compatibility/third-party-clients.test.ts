import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../support/caller.ts';
import { dataOf, readReconnecting } from '../../support/standard-reader.ts';
import { converse, streamMessage, useStream } from '../../support/third-party-clients.ts';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';

/** The chunks of the model's replies, by what is special about them. */
const PLAIN: [string, string[]][] = [
  ['words', ['The mill ', 'grinds', ' on.']],
  ['emoji', ['🎨', ' 👩‍🚀👩‍', '🚀 水', '🇺🇳']],
  ['leading and trailing spaces', ['  two', ' one', '   ', 'none ', ' ', ' end  ']],
  ['a chunk that equals the end of event-source', ['Say ', '[DONE]', ' or ', ' [DONE] ', '!']],
  [
    'a chunk that equals the end of next-hook and message-api',
    ['{"done": true}', '{"done":true,"tokens_used":1}', '{ "error": "no"}'],
  ],
  [
    'chunks that look like fields of an event stream',
    ['data: ', 'id: 5', 'event: done', ': comment', 'retry: 1'],
  ],
  ['a chunk far longer than others', ['水🎨é'.repeat(1000), 'x'.repeat(3000)]],
];
const LINES: [string, string[]][] = [
  ['newlines', ['one\n', '\ntwo\n\n', 'three\n', '\n', '\n\nfour\n']],
  [
    'CRLF, also split between chunks',
    ['one\r\ntwo\r', '\nthree\r\n', '\r\nfour\r', '\n\n', 'five\r', '\r', '\n\r\n'],
  ],
  ['lone CR', ['one\rtwo', '\r', 'three\r\r', 'four\r']],
  ['endings on lines of their own', ['x\n[DONE]\ny', '\n{"done": true}\n', '\n[DONE]', '{\n"done": true}']],
  ['blank lines that look like blocks', ['\n\ndata: x\n\nevent: done\ndata: {}\n\n']],
];
const ALL = [...PLAIN, ...LINES];

let server: TestServer;
let caller: Caller;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());
beforeEach(async () => {
  server.simulator.reset();
  caller = await server.guest();
});

const asked = () => ({ url: server.url, token: caller.token });
const says = (chunks: string[]) => server.simulator.script([{ chunks }]);
/** Parsers of event streams turn every line end into LF. */
const standard = (text: string) => text.replaceAll(/\r\n?/g, '\n');

describe.each(PLAIN)('a reply with %s', (_name, chunks) => {
  test('is read whole by a chats-stream client', async () => {
    says(chunks);
    const { id } = await caller.createChat();
    const tokens: string[] = [];
    const content = 'Go on';
    await streamMessage({ ...asked(), chatSessionId: id, content }, (token) => tokens.push(token));
    expect(tokens.join('')).toBe(chunks.join(''));
  });
});

describe.each(ALL)('a reply with %s', (_name, chunks) => {
  test('is read whole by a next-hook client, with its usage', async () => {
    says(chunks);
    const { text, usage } = await useStream({ ...asked(), message: 'Go on' });
    expect(text).toBe(chunks.join(''));
    expect(usage?.totalTokens).toBeGreaterThan(0);
  });

  test('is read whole by a nest-chat client, with its end', async () => {
    says(chunks);
    const { content, isDone } = await converse({ ...asked(), message: 'Go on' });
    expect(content).toBe(chunks.join(''));
    expect(isDone).toBe(true);
  });

  test('is read from chats-stream by an EventSource parser, with normalized line ends', async () => {
    says(chunks);
    const { id } = await caller.createChat();
    const body = { content: 'Go on' };
    const path = `/api/chats/${id}/messages/stream`;
    const { events } = await readReconnecting(
      () => caller.send('POST', path, body),
      ({ event }) => event === 'done',
    );
    expect(dataOf(events).join('')).toBe(standard(chunks.join('')));
    expect(events.map(({ event }) => event).filter((event) => event !== undefined)).toEqual(['meta', 'done']);
  });

  test('is read from message-api by an EventSource parser, with normalized line ends and one end', async () => {
    says(chunks);
    const { id } = await caller.createChat();
    const body = { message: 'Go on' };
    const path = `/api/chat/${id}/message`;
    const { events } = await readReconnecting(() => caller.send('POST', path, body), isMessageApiEnd);
    expect(events.filter(isMessageApiEnd)).toEqual([events.at(-1)]);
    expect(dataOf(events.slice(0, -1)).join('')).toBe(standard(chunks.join('')));
  });

  test('is read from event-source by an EventSource parser, with normalized line ends and one end', async () => {
    says(chunks);
    const { events } = await readReconnecting(
      (headers) => caller.fetch('/chat/stream?message=Go%20on', { headers }),
      isDone,
    );
    expect(dataOf(events.slice(0, -1)).join('')).toBe(standard(chunks.join('')));
    expect(JSON.parse(dataOf(events, 'usage').join(''))).toMatchObject({ totalTokens: expect.any(Number) });
  });

  test('has one line that a client could take for its end, the last', async () => {
    for (const ask of [
      () => caller.fetch('/chat/stream?message=Go%20on'),
      async () =>
        caller.send('POST', `/api/chat/${(await caller.createChat()).id}/message`, { message: 'Go on' }),
    ]) {
      says(chunks);
      const lines = (await (await ask()).text()).split('\n').filter((line) => line.startsWith('data: '));
      const endings = lines
        .map((line) => line.slice(6))
        .filter((data) => data.trim() === '[DONE]' || isEndingObject(data));
      expect(endings).toHaveLength(1);
    }
  });
});

const isDone = ({ data }: { data: string }) => data.trim() === '[DONE]';
const isMessageApiEnd = ({ data }: { data: string }) => isEndingObject(data);

/** The check of a client that parses each chunk as JSON. */
function isEndingObject(data: string): boolean {
  try {
    const parsed: unknown = JSON.parse(data);
    return typeof parsed === 'object' && parsed !== null && ('done' in parsed || 'error' in parsed);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
