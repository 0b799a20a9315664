import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UsageSource } from '@millrace/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { estimateTokens } from '../../server/src/core/token-estimate.ts';
import { settledReply } from '../support/settled-reply.ts';
import type { SimulatedReply, Chunk, ChunkUsage, Settled } from '../support/settled-reply.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

// Every number below was calculated by hand, never by the code under test.

const SYSTEM = 'Be brief.';
const QUESTION = 'Count';

/** The estimates that the cases use. If the estimator changes, these fail first and explain the other failures. */
const ESTIMATES: [text: string, tokens: number][] = [
  [SYSTEM, 5],
  [QUESTION, 3],
  ['One two', 4],
  ['One two three four', 6],
  ['One two three four five six', 8],
  ['One two three four five six seven eight', 10],
  ['One two three four five six seven eight nine ten', 12],
  ['Plan it', 4],
];

/** Micro-dollars per token, which equal dollars per million tokens. */
const PRICES = {
  'gemini-3.8-flash': { input: '10', cached: '1', output: '20' },
  'gemini-3.5-flash': { input: '3', cached: '2', output: '7' },
  'gemini-4-argon': { input: '2000', cached: '2000', output: '2000' },
};
const UNPRICED = 'gemini-2.5-flash';

// The reservation is 8202 tokens and 163,940 micro-dollars: 10 tokens for a prompt of 8 with its margin, and 8192 for output.

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-prices-'));
  const models = Object.entries(PRICES).map(([model, prices]) => [
    model,
    [{ from: '2025-01-01', ...prices }],
  ]);
  const file = join(folder, 'prices.json');
  await writeFile(file, JSON.stringify({ models: Object.fromEntries(models) }));
  server = await startTestServer({ SYSTEM_PROMPT: SYSTEM, PRICES_FILE: file, MAX_OUTPUT_TOKENS: '8192' });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => server.simulator.reset());

/** The prompt tokens, the output tokens (omitted if null), and further fields of a chunk's usage. */
function reports(prompt: number, output: number | null = null, more: ChunkUsage = {}): ChunkUsage {
  return { promptTokenCount: prompt, ...(output !== null && { candidatesTokenCount: output }), ...more };
}

async function expectSettled(simulated: SimulatedReply, expected: Settled): Promise<void> {
  expect(await settledReply(server, QUESTION, simulated)).toEqual({ model: 'gemini-3.8-flash', ...expected });
}

test.each(ESTIMATES)('the estimate for “%s” is %i tokens', (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens);
});

type Case = [what: string, simulated: SimulatedReply, expected: Settled];
type Tokens = [
  prompt: number,
  cached: number,
  output: number,
  thoughts: number,
  tools: number,
  total: number,
];

const FINISH = 'STOP';
const TWO = 'One two';
const FOUR = 'One two three four';
const SIX = 'One two three four five six';
const EIGHT = 'One two three four five six seven eight';
const TEN = 'One two three four five six seven eight nine ten';

/** A completed reply of two words, with the given differences. */
function settled(
  usageSource: UsageSource,
  usage: Tokens,
  costMicros: number,
  more: Partial<Settled> = {},
): Settled {
  const [, , , , , total] = usage;
  return { status: 'completed', text: TWO, usage, usageSource, tokensUsed: total, costMicros, ...more };
}

const broken = { status: 'failed', error: 'model_stream_broken' } as const;
const stopped = { status: 'stopped' } as const;

describe('a completed reply is settled by the usage that its model reports:', () => {
  const last = (usage: ChunkUsage, more: Partial<Chunk> = {}): SimulatedReply => ({
    chunks: [{ text: TWO, usage, finish: FINISH, ...more }],
  });
  const steps: Chunk[] = [
    { text: TWO, usage: reports(20, 9) },
    { text: ' three four', usage: reports(50, 3) },
  ];
  const cases: Case[] = [
    ['prompt and output', last(reports(100, 10)), settled('provider', [100, 0, 10, 0, 0, 110], 1200)],
    [
      'the cached part of the prompt, which costs less',
      last(reports(100, 10, { cachedContentTokenCount: 60 })),
      settled('provider', [100, 60, 10, 0, 0, 110], 660),
    ],
    [
      'thoughts, which cost the same as output',
      last(reports(20, 5, { thoughtsTokenCount: 30 }), { thought: 'Plan it' }),
      settled('provider', [20, 0, 5, 30, 0, 55], 900),
    ],
    [
      'tokens that tools add to the prompt',
      last(reports(20, 5, { toolUsePromptTokenCount: 40 })),
      settled('provider', [20, 0, 5, 0, 40, 65], 700),
    ],
    [
      'all of it at once',
      last(
        reports(100, 10, {
          cachedContentTokenCount: 60,
          thoughtsTokenCount: 20,
          toolUsePromptTokenCount: 30,
        }),
      ),
      settled('provider', [100, 60, 10, 20, 30, 160], 1360),
    ],
    [
      'the last chunk, which has the sum over the steps of a tool',
      { chunks: [...steps, { text: ' five six', usage: reports(70, 15), finish: FINISH }] },
      settled('provider', [70, 0, 15, 0, 0, 85], 1000, { text: SIX }),
    ],
    [
      'a separate report after the last text, which has the sum over the steps too',
      { chunks: [...steps, { text: ' five six', finish: FINISH }, { usage: reports(70, 15) }] },
      settled('provider', [70, 0, 15, 0, 0, 85], 1000, { text: SIX }),
    ],
    [
      'a report above the reservation: it is shown, but only the reservation is charged',
      last(reports(9000, 10)),
      settled('provider', [9000, 0, 10, 0, 0, 9010], 90_200, { tokensUsed: 8202 }),
    ],
  ];
  test.each(cases)('%s', (_what, simulated, expected) => expectSettled(simulated, expected));
});

describe('usage that a model doesn’t report is estimated:', () => {
  const cases: Case[] = [
    [
      'output that is missing in the last chunk, despite text',
      {
        chunks: [
          { text: TWO, usage: reports(10, 4) },
          { text: ' three four', usage: reports(12), finish: FINISH },
        ],
      },
      settled('estimate', [12, 0, 6, 0, 0, 18], 240, { text: FOUR }),
    ],
    [
      'output that is missing in the last chunk, which reports thoughts',
      {
        chunks: [
          { thought: 'Plan it', usage: reports(12, null, { thoughtsTokenCount: 7 }) },
          { text: TWO, usage: reports(12, null, { thoughtsTokenCount: 7 }), finish: FINISH },
        ],
      },
      settled('estimate', [12, 0, 4, 7, 0, 23], 340),
    ],
    [
      'all output after the only report, in the first chunk',
      {
        chunks: [
          { text: TWO, usage: reports(10, 4) },
          { text: ' three four', finish: FINISH },
        ],
      },
      settled('estimate', [10, 0, 6, 0, 0, 16], 220, { text: FOUR }),
    ],
  ];
  test.each(cases)('%s', (_what, simulated, expected) => expectSettled(simulated, expected));
});

describe('a reply whose model reports nothing', () => {
  const silent = (text: string, usage?: ChunkUsage): SimulatedReply => ({
    chunks: [{ text: 'One' }, { text: text.slice('One'.length), finish: FINISH, ...(usage && { usage }) }],
  });
  /** The simulator counts four characters per token: 3 for the system prompt, 2 for the question, 5 for the reply, and 10 more. */
  const counted = settled('tokenizer', [15, 0, 5, 0, 0, 20], 250, { text: FOUR });

  test('is counted', () => expectSettled(silent(FOUR), counted));

  test.each<[string, ChunkUsage]>([
    ['of nothing', {}],
    ['of no tokens at all', reports(0, 0)],
    ['of what are no counts', { promptTokenCount: -5, candidatesTokenCount: '7' }],
  ])('but a report %s is counted', (_what, usage) => expectSettled(silent(FOUR, usage), counted));

  test('is counted with its thoughts', () =>
    expectSettled(
      { chunks: [{ thought: 'Plan it' }, { text: TWO, finish: FINISH }] },
      settled('tokenizer', [15, 0, 2, 2, 0, 19], 230),
    ));

  test('is counted up to the point at which it broke off', () =>
    expectSettled(
      { chunks: [{ text: TWO }], ending: 'reset' },
      settled('tokenizer', [15, 0, 2, 0, 0, 17], 190, broken),
    ));

  test('is estimated with 10 more tokens if it can’t be counted either', () => {
    server.simulator.counting('503');
    return expectSettled(silent(SIX), settled('estimate', [18, 0, 8, 0, 0, 26], 340, { text: SIX }));
  });

  test('is estimated if it was stopped, because a stop doesn’t wait', () =>
    expectSettled(
      { chunks: [{ text: TWO }], ending: 'stall', stopAt: TWO },
      settled('estimate', [18, 0, 4, 0, 0, 22], 260, stopped),
    ));
});

describe('a reply is billed by the model that answers:', () => {
  const OTHER = 'gemini-3.5-flash';
  const tokens: Tokens = [100, 0, 10, 0, 0, 110];
  const answered = (by: string): SimulatedReply => ({
    chunks: [{ text: TWO, usage: reports(100, 10), finish: FINISH, by }],
  });
  const begun = [{ text: TWO, usage: reports(100, 10), by: OTHER }];
  const cases: Case[] = [
    [
      'another model than the requested one',
      answered(OTHER),
      settled('provider', tokens, 370, { model: OTHER }),
    ],
    [
      'a version of the requested model',
      answered('gemini-3.8-flash-002'),
      settled('provider', tokens, 1200, { model: 'gemini-3.8-flash-002' }),
    ],
    [
      'a model so expensive that the cost would exceed the reservation',
      answered('gemini-4-argon'),
      settled('provider', tokens, 163_940, { model: 'gemini-4-argon' }),
    ],
    ['a model without a price', answered(UNPRICED), settled('provider', tokens, 0, { model: UNPRICED })],
    [
      'the requested model, without a price',
      { ...answered(UNPRICED), model: UNPRICED },
      settled('provider', tokens, 0, { model: UNPRICED }),
    ],
    [
      'a model with a price instead of one without, for which no money was reserved',
      { ...answered(OTHER), model: UNPRICED },
      settled('provider', tokens, 0, { model: OTHER }),
    ],
    [
      'also when it is stopped',
      { chunks: begun, ending: 'stall', stopAt: TWO },
      settled('estimate', tokens, 370, { ...stopped, model: OTHER }),
    ],
    [
      'also when it breaks off',
      { chunks: begun, ending: 'reset' },
      settled('estimate', tokens, 370, { ...broken, model: OTHER }),
    ],
  ];
  test.each(cases)('%s', (_what, simulated, expected) => expectSettled(simulated, expected));
});

describe('a reply that is cut', () => {
  const CHUNKS: Chunk[] = [
    { text: TWO, usage: reports(100, 5) },
    { text: ' three four' },
    { text: ' five six', usage: reports(100, 11) },
    { text: ' seven eight' },
    { text: ' nine ten', usage: reports(100, 17), finish: FINISH },
  ];
  /** The last report, and 2 for the output after it. */
  const AFTER: [chunks: number, text: string, tokens: Tokens, costMicros: number][] = [
    [1, TWO, [100, 0, 5, 0, 0, 105], 1100],
    [2, FOUR, [100, 0, 7, 0, 0, 107], 1140],
    [3, SIX, [100, 0, 11, 0, 0, 111], 1220],
    [4, EIGHT, [100, 0, 13, 0, 0, 113], 1260],
    [5, TEN, [100, 0, 17, 0, 0, 117], 1340],
  ];

  test.each(AFTER)(
    'by a stop after chunk %i is charged the received text',
    (count, text, tokens, costMicros) =>
      expectSettled(
        { chunks: CHUNKS.slice(0, count), ending: 'stall', stopAt: text },
        settled('estimate', tokens, costMicros, { ...stopped, text }),
      ),
  );

  test.each(AFTER)(
    'by a broken connection after chunk %i is charged the received text',
    (count, text, tokens, costMicros) =>
      expectSettled(
        { chunks: CHUNKS.slice(0, count), ending: 'reset' },
        settled('estimate', tokens, costMicros, { ...broken, text }),
      ),
  );

  test.each(AFTER.slice(0, -1))(
    'by an early end after chunk %i is charged the received text',
    (count, text, tokens, costMicros) =>
      expectSettled(
        { chunks: CHUNKS.slice(0, count) },
        settled('estimate', tokens, costMicros, { ...broken, text }),
      ),
  );

  test.each(AFTER)(
    'by an error in the stream after chunk %i is charged the received text',
    (count, text, tokens, costMicros) => {
      const error = { code: 503, status: 'UNAVAILABLE', message: 'overloaded' };
      return expectSettled(
        { chunks: [...CHUNKS.slice(0, count), { error }] },
        settled('estimate', tokens, costMicros, { status: 'failed', error: 'model_unavailable', text }),
      );
    },
  );

  test('before its first chunk is charged the prompt if it was stopped', () =>
    expectSettled(
      { chunks: [], ending: 'stall', stopAt: '' },
      settled('estimate', [18, 0, 0, 0, 0, 18], 180, { ...stopped, text: '' }),
    ));

  test('before its first chunk is charged nothing if the connection broke', () =>
    expectSettled(
      { chunks: [], ending: 'reset' },
      { ...broken, text: '', usage: null, usageSource: 'estimate', tokensUsed: 0, costMicros: 0 },
    ));

  describe('between the steps of a tool is charged their sum and the text after them', () => {
    const steps: Chunk[] = [
      { text: TWO, usage: reports(20, 5) },
      { text: ' three four', usage: reports(20, 9) },
      { text: ' five six', usage: reports(50, 3) },
      { text: ' seven eight' },
    ];
    const tokens: Tokens = [70, 0, 14, 0, 0, 84];

    test('by a stop', () =>
      expectSettled(
        { chunks: steps, ending: 'stall', stopAt: EIGHT },
        settled('estimate', tokens, 980, { ...stopped, text: EIGHT }),
      ));

    test('by a broken connection', () =>
      expectSettled(
        { chunks: steps, ending: 'reset' },
        settled('estimate', tokens, 980, { ...broken, text: EIGHT }),
      ));
  });
});

describe('a reply that the model ends with an error is settled by its report:', () => {
  const failed = (error: string, text = '') => ({ status: 'failed', error, text }) as const;
  const cases: Case[] = [
    [
      'a reply without text',
      { chunks: [{ text: '', usage: reports(12, null, { thoughtsTokenCount: 30 }), finish: FINISH }] },
      settled('provider', [12, 0, 0, 30, 0, 42], 720, failed('model_empty_reply')),
    ],
    [
      'a reply whose prompt is blocked',
      { chunks: [{ blocked: 'PROHIBITED_CONTENT', usage: reports(12) }] },
      settled('provider', [12, 0, 0, 0, 0, 12], 120, failed('model_blocked')),
    ],
    [
      'a reply that is blocked in the middle',
      {
        chunks: [
          { text: TWO, usage: reports(12, 3) },
          { usage: reports(12, 9), finish: 'SAFETY' },
        ],
      },
      settled('provider', [12, 0, 9, 0, 0, 21], 300, failed('model_blocked', TWO)),
    ],
    [
      'a reply that calls a function',
      { chunks: [{ call: 'weather', usage: reports(12, 9), finish: FINISH }] },
      settled('provider', [12, 0, 9, 0, 0, 21], 300, failed('unsupported_function_call')),
    ],
  ];
  test.each(cases)('%s', (_what, simulated, expected) => expectSettled(simulated, expected));
});

test('a reply that uses up a budget is charged no more than the remaining budget', async () => {
  const small = await startTestServer({ SYSTEM_PROMPT: SYSTEM, GUEST_TOKEN_LIMIT: '1000' });
  const chunks = [{ text: TWO, usage: reports(1100, 100), finish: FINISH }];
  const reply = await settledReply(small, QUESTION, { chunks });
  expect(reply).toMatchObject({ text: TWO, usage: [1100, 0, 100, 0, 0, 1200], tokensUsed: 1000 });
  await small.close();
});

test('the ledger balances after all these replies', async () => {
  const administrator = await server.user();
  const check = await administrator.json('GET', '/api/admin/ledger/check');
  expect(check).toEqual({ balances: true, discrepancies: [] });
});
