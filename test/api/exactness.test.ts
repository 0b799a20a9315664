import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReplyBehaviour } from 'millrace-gemini-simulator';
import { readEvents } from '../support/caller.ts';
import type { Caller } from '../support/caller.ts';
import { textIn } from '../support/replayed-reply.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let server: TestServer;
let caller: Caller;
beforeAll(async () => {
  server = await startTestServer({ MAX_OUTPUT_TOKENS: '1000000' });
  caller = await server.guest();
});
afterAll(() => server.close());

/** Control and format characters, without NUL. */
const CONTROLS =
  String.fromCharCode(...Array.from({ length: 31 }, (_, index) => index + 1)) +
  '\u007f\u0085\u00a0\u200b\u200e\u202e\ufeff\ufffd\uffff';

const TEXTS: Record<string, string> = {
  '100,000 characters': 'A line of some words, and a number: 1234567890.\n'.repeat(2100).slice(0, 100_000),
  CJK: '水車の流れは絶えずして、しかももとの水にあらず。'.repeat(50),
  'emoji with joiners, skin tones and flags': '👩🏽‍🚀👨‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿🇯🇵❤️‍🔥'.repeat(40),
  'letters with combining marks, not normalised': 'e\u0301é\u0323 A\u030aÅ ﬁ ½',
  'carriage returns': 'one\rtwo\r\rthree\r',
  'CRLF line ends': 'one\r\ntwo\r\n\r\nthree\r\n',
  'line and paragraph separators': 'one\u2028two\u2029three',
  'control characters': CONTROLS,
  'leading and trailing spaces': ' \t  one  two \t \n ',
  'only spaces': '   ',
  'text like server-sent events':
    'data: x\n\nevent: done\ndata: {}\n\nid: 0000000000000000:9\n: heartbeat\n\nretry: 1\n\n',
  'text like JSON and its escapes': '{"text":"\\ud83d\\n"}","done":true} [DONE] \\u0000 </script>',
};

/** Sends a question, and expects the text in the stream, in the message list and in a replay. */
async function expectExactly(text: string, behaviour: ReplyBehaviour): Promise<void> {
  server.simulator.script([behaviour]);
  const reply = await caller.ask('Say it');
  expect(reply.text === text, 'the stream').toBe(true);
  expect(reply.last).toMatchObject({ event: 'done', data: { status: 'completed' } });
  const [, answer] = await caller.messages(reply.meta.chatId);
  expect(textIn(answer, 'text') === text, 'the message list').toBe(true);
  const replayed = await caller.replay(reply.meta.generationId);
  expect(replayed.text === text, 'the replay').toBe(true);
  expect(reply.last.event === 'done' && textIn(reply.last.data.message, 'text') === text).toBe(true);
}

describe.each(Object.entries(TEXTS))('%s', (_name, text) => {
  test('arrives exactly as a reply', () => expectExactly(text, { text }));

  test('arrives exactly in chunks of one UTF-16 unit, which split every surrogate pair', () =>
    expectExactly(text, { chunks: text.slice(0, 2000).split('').concat(text.slice(2000)) }));

  test('arrives exactly as a thought', async () => {
    server.simulator.script([{ thoughts: [text.slice(0, 7), text.slice(7)], text: 'Well.' }]);
    const reply = await caller.ask('Think it');
    expect(reply.thoughts === text).toBe(true);
    expect(reply.text).toBe('Well.');
    const [, answer] = await caller.messages(reply.meta.chatId);
    expect(textIn(answer, 'thought') === text).toBe(true);
  });
});

test.each(Object.entries(TEXTS).filter(([, text]) => text.trim() !== '' && text.length < 32_000))(
  '%s as a question is stored and sent to the model unchanged',
  async (_name, text) => {
    server.simulator.reset();
    const reply = await caller.ask(text);
    expect(reply.meta.userMessage?.parts).toEqual([{ type: 'text', text }]);
    const [question] = await caller.messages(reply.meta.chatId);
    expect(question?.parts).toEqual([{ type: 'text', text }]);
    expect(server.simulator.log()[0]?.body).toMatchObject({
      contents: [{ role: 'user', parts: [{ text }] }],
    });
    expect(reply.text).toBe(text);
  },
);

test('an unpaired surrogate is U+FFFD for every reader', () =>
  expectExactly('a\ufffdb\ufffd', { chunks: ['a\ud83d', 'b', '\ud83d'] }));

test('a question with an unpaired surrogate is stored and answered, not refused by the model or the database', async () => {
  const reply = await caller.ask('a\ud83d');
  expect(reply.last.event).toBe('done');
  const [question] = await caller.messages(reply.meta.chatId);
  expect(question?.parts).toEqual(reply.meta.userMessage?.parts);
});

test('the frames’ text equals the text that the log merges, for any content', async () => {
  const text = TEXTS['emoji with joiners, skin tones and flags'] ?? '';
  server.simulator.script([{ chunks: text.split('') }]);
  const live = await caller.ask('Say it');
  let replayed = '';
  const path = `/api/generations/${live.meta.generationId}/events`;
  for await (const event of readEvents(await caller.fetch(path))) {
    if (event.event === 'delta') replayed += event.data.text;
  }
  expect(replayed).toBe(text);
});
