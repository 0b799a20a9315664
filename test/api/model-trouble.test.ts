import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventData, ReplyErrorCode } from '@millrace/protocol';
import type { ScriptItem } from 'millrace-gemini-simulator';
import type { Caller, ReadReply } from '../support/caller.ts';
import { textIn } from '../support/replayed-reply.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

interface Trouble {
  name: string;
  script: ScriptItem;
  code: ReplyErrorCode;
  retryable: boolean;
  /** The text that the model had sent before. */
  text?: string;
  /** Whether the model reported any usage. */
  isCharged?: boolean;
}

const CHUNKS = ['One ', 'two ', 'three.'];

/** Every message says what to do. */
const ADVICE = /\b(try again|check|choose|wait|top it up|ask)\b/i;

const data = (payload: string) => ({
  kind: 'replay' as const,
  bytes: Buffer.from(`data: ${payload}\r\n\r\n`),
});

const oneThen = (payload: string) =>
  data(
    `{"candidates": [{"content": {"parts": [{"text": "One "}]}}],"usageMetadata": {"promptTokenCount": 3,"candidatesTokenCount": 1}}\r\n\r\ndata: ${payload}`,
  );

const BEFORE_HEADERS: Trouble[] = [
  { name: 'a bad key', script: '400-bad-key', code: 'model_key_invalid', retryable: false },
  { name: 'a 401', script: '401', code: 'model_key_invalid', retryable: false },
  { name: 'a 402', script: '402', code: 'model_quota_exhausted', retryable: false },
  { name: 'a 403', script: '403', code: 'model_key_invalid', retryable: false },
  { name: 'a 403 without a key', script: '403-no-key', code: 'model_key_invalid', retryable: false },
  { name: 'a 404', script: '404', code: 'model_not_found', retryable: false },
  { name: 'a 400', script: '400', code: 'model_request_rejected', retryable: false },
  { name: 'a 400 for the region', script: '400-region', code: 'model_request_rejected', retryable: false },
  { name: 'a 429', script: '429', code: 'model_rate_limited', retryable: true },
  {
    name: 'a 429 without RetryInfo',
    script: '429-no-retry-info',
    code: 'model_rate_limited',
    retryable: true,
  },
  { name: 'a 500', script: '500', code: 'model_unavailable', retryable: true },
  { name: 'a 503', script: '503', code: 'model_unavailable', retryable: true },
  { name: 'a 504', script: '504', code: 'model_timeout', retryable: true },
  {
    name: 'an error as an event stream',
    script: { kind: 'error', error: '429', contentType: 'text/event-stream' },
    code: 'model_rate_limited',
    retryable: true,
  },
  { name: 'an HTML 502', script: '502-html', code: 'model_unavailable', retryable: true },
  { name: 'a connection reset', script: 'reset', code: 'model_unavailable', retryable: true },
  {
    name: 'a redirect',
    script: { kind: 'http', status: 302, body: '' },
    code: 'model_unavailable',
    retryable: true,
  },
  {
    name: 'an HTML 200',
    script: { kind: 'http', status: 200, body: '<html>Please sign in to the network' },
    code: 'model_bad_response',
    retryable: true,
  },
  { name: 'an empty 200', script: 'empty', code: 'model_empty_reply', retryable: true },
];

const IN_THE_STREAM: Trouble[] = [
  ...(['data', 'bare', 'bare-split'] as const).map((form) => ({
    name: `an error in the form "${form}"`,
    script: { chunks: CHUNKS, fault: { kind: 'error' as const, form } },
    code: 'model_unavailable' as const,
    retryable: true,
    text: 'One ',
    isCharged: true,
  })),
  {
    name: 'an error of the quota',
    script: { chunks: CHUNKS, fault: { kind: 'error', error: '429', afterChunks: 2 } },
    code: 'model_rate_limited',
    retryable: true,
    text: 'One two ',
    isCharged: true,
  },
  {
    name: 'an error as the first event',
    script: { chunks: CHUNKS, fault: { kind: 'error', error: '503', afterChunks: 0 } },
    code: 'model_unavailable',
    retryable: true,
  },
  {
    name: 'a reset after a chunk',
    script: { chunks: CHUNKS, fault: { kind: 'reset', afterChunks: 2 } },
    code: 'model_stream_broken',
    retryable: true,
    text: 'One two ',
    isCharged: true,
  },
  {
    name: 'a reset inside the first event',
    script: { chunks: CHUNKS, fault: { kind: 'reset', afterBytes: 60 } },
    code: 'model_stream_broken',
    retryable: true,
  },
  {
    name: 'an event cut short',
    script: { chunks: CHUNKS, fault: { kind: 'truncate' } },
    code: 'model_stream_broken',
    retryable: true,
    text: 'One ',
    isCharged: true,
  },
  {
    name: 'an end after a chunk',
    script: { chunks: CHUNKS, fault: { kind: 'close' } },
    code: 'model_stream_broken',
    retryable: true,
    text: 'One ',
    isCharged: true,
  },
  {
    name: 'an end without a finishReason',
    script: { chunks: CHUNKS, finishReason: null },
    code: 'model_stream_broken',
    retryable: true,
    text: 'One two three.',
    isCharged: true,
  },
  {
    name: 'a blocked prompt',
    script: 'prompt-block',
    code: 'model_blocked',
    retryable: false,
    isCharged: true,
  },
  {
    name: 'SAFETY after some text',
    script: { chunks: CHUNKS, finishReason: 'SAFETY', finishMessage: 'No more of this.' },
    code: 'model_blocked',
    retryable: false,
    text: 'One two three.',
    isCharged: true,
  },
  {
    name: 'SAFETY without text',
    script: 'safety-no-text',
    code: 'model_blocked',
    retryable: false,
    isCharged: true,
  },
  {
    name: 'RECITATION',
    script: { chunks: CHUNKS, finishReason: 'RECITATION' },
    code: 'model_blocked',
    retryable: false,
    text: 'One two three.',
    isCharged: true,
  },
  {
    name: 'MAX_TOKENS before any text',
    script: 'max-tokens-no-text',
    code: 'model_empty_reply',
    retryable: true,
    isCharged: true,
  },
  {
    name: 'an end without text',
    script: { text: '', lastContent: 'empty' },
    code: 'model_empty_reply',
    retryable: true,
    isCharged: true,
  },
  {
    name: 'a function call after text',
    script: { chunks: CHUNKS, functionCall: { name: 'get', args: {} } },
    code: 'unsupported_function_call',
    retryable: false,
    text: 'One two three.',
    isCharged: true,
  },
  {
    name: 'a function call alone',
    script: 'function-call',
    code: 'unsupported_function_call',
    retryable: false,
    isCharged: true,
  },
  ...['{"candidates": [', 'null', '[]', '"text"', '<html>'].map((payload) => ({
    name: `${payload} instead of a chunk`,
    script: data(payload),
    code: 'model_bad_response' as const,
    retryable: true,
  })),
  {
    name: 'malformed JSON after a chunk',
    script: oneThen('{"candidates": [{"content": {"parts": [{"text": "tw'),
    code: 'model_bad_response',
    retryable: true,
    text: 'One ',
    isCharged: true,
  },
  ...[
    '{"candidates": {}}',
    '{"candidates": [{"content": {"parts": [null, 5]}}]}',
    '{"error": "no"}',
    '{"error": {"code": "5", "details": [null, {}]}}',
    '{"error": {"details": {}}}',
  ].map((payload) => ({
    name: `${payload} after a chunk`,
    script: oneThen(payload),
    code: payload.includes('error') ? ('model_unavailable' as const) : ('model_stream_broken' as const),
    retryable: true,
    text: 'One ',
    isCharged: true,
  })),
];

const SILENCES: Trouble[] = [
  { name: 'no answer at all', script: 'hang', code: 'model_timeout', retryable: true },
  {
    name: 'silence before the first event',
    script: { chunks: CHUNKS, fault: { kind: 'stall', afterChunks: 0 } },
    code: 'model_timeout',
    retryable: true,
  },
  {
    name: 'silence after two chunks',
    script: { chunks: CHUNKS, fault: { kind: 'stall', afterChunks: 2 } },
    code: 'model_timeout',
    retryable: true,
    text: 'One two ',
    isCharged: true,
  },
];

function errorOf({ last }: ReadReply): EventData['error'] {
  if (last.event !== 'error') throw new Error(`It ended with ${JSON.stringify(last)}`);
  return last.data;
}

/** Expects the reply to have failed with this error, and the message, ledger and log to be consistent. */
async function expectFailure(caller: Caller, reply: ReadReply, trouble: Trouble, used: number) {
  const { code, retryable, text = '', isCharged = false } = trouble;
  expect(reply.events[0]?.event).toBe('meta');
  expect(reply.text).toBe(text);
  const error = errorOf(reply);
  expect(error).toMatchObject({ status: 'failed', code, retryable });
  expect(error.message).toMatch(ADVICE);
  expect(textIn(error.partial, 'text')).toBe(text);
  expect(error.partial).toMatchObject({ status: 'failed', error: { code, message: error.message } });

  const [question, answer] = await caller.messages(reply.meta.chatId);
  expect(question).toEqual(reply.meta.userMessage);
  expect(answer).toEqual(error.partial);
  const { budget } = await caller.me();
  expect(budget.reserved).toBe(0);
  expect(budget.used - used).toBe(answer?.tokensUsed);
  expect((answer?.tokensUsed ?? 0) > 0).toBe(isCharged);
  expect(answer?.usage !== null).toBe(isCharged);
}

async function expectTrouble({ simulator }: TestServer, caller: Caller, trouble: Trouble): Promise<void> {
  const { used } = (await caller.me()).budget;
  simulator.script([trouble.script]);
  const reply = await caller.ask('How many?');
  await expectFailure(caller, reply, trouble, used);

  const next = await caller.ask('And now?', reply.meta.chatId);
  expect(next).toMatchObject({ text: 'And now?', last: { event: 'done', data: { status: 'completed' } } });
  expect(await caller.messages(reply.meta.chatId)).toHaveLength(4);
}

describe('a model in trouble', () => {
  let server: TestServer;
  let caller: Caller;
  beforeAll(async () => {
    server = await startTestServer();
    caller = await server.guest();
  });
  afterAll(() => server.close());

  test.each(BEFORE_HEADERS)('$name fails the reply with $code and charges nothing', (trouble) =>
    expectTrouble(server, caller, trouble),
  );

  test.each(IN_THE_STREAM)('$name fails the reply with $code and keeps its text', (trouble) =>
    expectTrouble(server, caller, trouble),
  );

  test('MAX_TOKENS after text is a finished reply of limited length', async () => {
    server.simulator.script([{ chunks: CHUNKS, finishReason: 'MAX_TOKENS' }]);
    const reply = await caller.ask('How many?');
    expect(reply).toMatchObject({
      text: 'One two three.',
      last: { event: 'done', data: { status: 'completed', finishReason: 'length' } },
    });
  });

  test.each(['A_REASON_OF_TOMORROW', 'OTHER', 'LANGUAGE'])(
    'the finishReason %s after text is sent in lower case',
    async (finishReason) => {
      server.simulator.script([{ chunks: CHUNKS, finishReason }]);
      const { last } = await caller.ask('How many?');
      expect(last).toMatchObject({
        event: 'done',
        data: { status: 'completed', finishReason: finishReason.toLowerCase() },
      });
    },
  );

  test.each([
    'lf',
    'mixed-lines',
    'comments',
    'event-lines',
    'done',
    'split-characters',
    'signature',
  ] as const)('what a gateway makes of a stream (%s) changes nothing', async (fault) => {
    server.simulator.script([fault]);
    const question = '水 🌊 water '.repeat(30).trim();
    const reply = await caller.ask(question);
    expect(reply.text).toBe(question);
    expect(reply.last).toMatchObject({ event: 'done', data: { usageSource: 'provider' } });
  });

  test.each([
    ['no-usage', 'tokenizer'],
    ['usage-without-candidates', 'estimate'],
  ] as const)('where counters are missing (%s) the reply is %s, and said to be', async (fault, how) => {
    server.simulator.script([fault]);
    const { last } = await caller.ask('Count this, please.');
    const { usageSource, usage, tokensUsed } = last.data as EventData['done'];
    expect(usageSource).toBe(how);
    expect(usage.promptTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(tokensUsed).toBe(usage.totalTokens);
  });
});

describe('a silent model', () => {
  // The time is counted in steps of half a second in which the process runs, so a busy machine doesn't shorten it.
  test.concurrent.each(SILENCES)('$name fails the reply with $code', async (trouble) => {
    const server = await startTestServer({ MODEL_IDLE_TIMEOUT: '5s' });
    await expectTrouble(server, await server.guest(), trouble);
    await server.close();
  });
});

test('a server with a wrong API key names the setting to check', async () => {
  const server = await startTestServer({ GEMINI_API_KEY: 'invalid' });
  const caller = await server.guest();
  const reply = await caller.ask('Hello?');
  await expectFailure(
    caller,
    reply,
    { name: '', script: 'empty', code: 'model_key_invalid', retryable: false },
    0,
  );
  expect(errorOf(reply).message).toContain('GEMINI_API_KEY');
  await server.close();
});

test('an unreachable model fails the reply as unavailable', async () => {
  // Nothing listens on port 1.
  const server = await startTestServer({ GEMINI_BASE_URL: 'http://127.0.0.1:1' });
  const caller = await server.guest();
  const reply = await caller.ask('Hello?');
  await expectFailure(
    caller,
    reply,
    { name: '', script: 'empty', code: 'model_unavailable', retryable: true },
    0,
  );
  await server.close();
});

test('a custom service is called without a key if none is set, and the demo model is not used', async () => {
  const server = await startTestServer({ GEMINI_API_KEY: '' });
  const caller = await server.guest();
  const { demo } = await caller.json<{ demo: boolean }>('GET', '/api/models');
  expect(demo).toBe(false);
  // The simulator refuses requests without a key, as Google does.
  expect((await caller.ask('Hello')).last).toMatchObject({
    event: 'error',
    data: { code: 'model_key_invalid' },
  });
  expect(server.simulator.log()).toHaveLength(1);
  await server.close();
});
