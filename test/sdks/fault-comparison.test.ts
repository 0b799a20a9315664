import { join } from 'node:path';
import type { ReplyErrorCode } from '@millrace/protocol';
import type { ScriptItem } from 'millrace-gemini-simulator';
import { afterAll, describe, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import { sdksOf } from './sdks.ts';
import type { Sdk } from './sdks.ts';

/** A fault of the model, and how Millrace's reply must end. */
interface Fault {
  what: string;
  script: ScriptItem;
  code?: ReplyErrorCode;
  finishReason?: string;
  /** The expected text; by default all of it. */
  text?: string;
}

const SAID = 'one two';
const CHUNKS = ['one ', 'two'];
const PAGE = join(import.meta.dirname, '../../docs/model-faults.md');

const FAULTS: Fault[] = [
  { what: 'a bad key (400)', script: '400-bad-key', code: 'model_key_invalid', text: '' },
  { what: 'used-up credit (402)', script: '402', code: 'model_quota_exhausted', text: '' },
  { what: 'too many requests (429)', script: '429', code: 'model_rate_limited', text: '' },
  { what: 'an overload (503)', script: '503', code: 'model_unavailable', text: '' },
  { what: 'an error page of a proxy (502)', script: '502-html', code: 'model_unavailable', text: '' },
  { what: 'a reset before the response', script: 'reset', code: 'model_unavailable', text: '' },
  { what: 'an empty 200', script: 'empty', code: 'model_empty_reply', text: '' },
  {
    what: 'an error as an event, after text',
    script: { chunks: CHUNKS, fault: { kind: 'error' } },
    code: 'model_unavailable',
    text: 'one ',
  },
  {
    what: 'a bare error, after text',
    script: { chunks: CHUNKS, fault: { kind: 'error', form: 'bare' } },
    code: 'model_unavailable',
    text: 'one ',
  },
  {
    what: 'a bare error that is split in two, after text',
    script: { chunks: CHUNKS, fault: { kind: 'error', form: 'bare-split' } },
    code: 'model_unavailable',
    text: 'one ',
  },
  {
    what: 'a reset, after text',
    script: { chunks: CHUNKS, fault: { kind: 'reset', afterChunks: 1 } },
    code: 'model_stream_broken',
    text: 'one ',
  },
  {
    what: 'an event that is cut off',
    script: { chunks: CHUNKS, fault: { kind: 'truncate' } },
    code: 'model_stream_broken',
    text: 'one ',
  },
  {
    what: 'a close without a finishReason',
    script: { chunks: CHUNKS, fault: { kind: 'close' } },
    code: 'model_stream_broken',
    text: 'one ',
  },
  {
    what: 'the whole text without a finishReason',
    script: { chunks: CHUNKS, finishReason: null },
    code: 'model_stream_broken',
  },
  { what: 'a blocked prompt', script: 'prompt-block', code: 'model_blocked', text: '' },
  { what: 'SAFETY, after text', script: { chunks: CHUNKS, finishReason: 'SAFETY' }, code: 'model_blocked' },
  {
    what: 'a function call without an offered function',
    script: { functionCall: { name: 'look', args: {} } },
    code: 'unsupported_function_call',
    text: '',
  },
  { what: 'MAX_TOKENS before any text', script: 'max-tokens-no-text', code: 'model_empty_reply', text: '' },
  {
    what: 'MAX_TOKENS, after text',
    script: { chunks: CHUNKS, finishReason: 'MAX_TOKENS' },
    finishReason: 'length',
  },
  {
    what: 'an unknown finishReason',
    script: { chunks: CHUNKS, finishReason: 'A_REASON_OF_TOMORROW' },
    finishReason: 'a_reason_of_tomorrow',
  },
  { what: 'STOP on every chunk', script: { chunks: CHUNKS, stopOnEveryChunk: true }, finishReason: 'stop' },
  {
    what: 'a character split between two writes',
    script: { chunks: CHUNKS, writeBytes: 1 },
    finishReason: 'stop',
  },
  { what: 'LF line ends', script: { chunks: CHUNKS, lineEnds: 'lf' }, finishReason: 'stop' },
  { what: 'mixed line ends', script: { chunks: CHUNKS, lineEnds: 'mixed' }, finishReason: 'stop' },
  {
    what: 'comments between events',
    script: { chunks: CHUNKS, extraLines: ['comment'] },
    finishReason: 'stop',
  },
  { what: '`event:` lines', script: { chunks: CHUNKS, extraLines: ['event'] }, finishReason: 'stop' },
  { what: '`[DONE]` at the end', script: { chunks: CHUNKS, extraLines: ['done'] }, finishReason: 'stop' },
];

const server = await startTestServer();
const { simulator } = server;
const { generativeAi, genai, aiSdk } = sdksOf(simulator.url);
const others = [generativeAi, genai, aiSdk];
afterAll(() => server.close());

const rows = new Map<string, string[]>();

describe('Millrace reports', () => {
  test.each(FAULTS)('$what', async ({ what, script, code, finishReason, text = SAID }) => {
    simulator.reset();
    simulator.script([script]);
    const caller = await server.guest();
    const reply = await caller.ask(SAID);
    expect(reply.text).toBe(text);
    if (code === undefined) {
      expect(reply.last).toMatchObject({ event: 'done', data: { status: 'completed', finishReason } });
    } else {
      expect(reply.last).toMatchObject({ event: 'error', data: { status: 'failed', code } });
    }
    const ours = code === undefined ? `\`done\`, \`${finishReason}\`` : `\`error\`, \`${code}\``;
    const outcomes: string[] = [];
    for (const sdk of others) outcomes.push(await outcomeOf(sdk, script));
    rows.set(what, [...outcomes, text === '' ? ours : `${ours}, with “${text.trim()}”`]);
  });
});

test('the comparison page is up to date', async () => {
  const head = ['fault', ...others.map(({ name }) => `\`${name}\``), 'Millrace'];
  const lines = [head, head.map(() => '---'), ...FAULTS.map(({ what }) => [what, ...(rows.get(what) ?? [])])];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  await expect(`${INTRODUCTION}\n${table}\n`).toMatchFileSnapshot(PAGE);
});

const INTRODUCTION = `# How SDKs and Millrace handle a model's faults

The [simulator](../gemini-simulator/README.md) produces each fault. Google's two SDKs, the AI SDK's provider and Millrace read the response. “Ends” means that
the reply ends without an error, like a complete one. The text in quotes is what the caller has received. \`test/sdks/fault-comparison.test.ts\`
writes this page, and checks that Millrace reports each fault correctly.
`;

/** A short description for the table. */
async function outcomeOf(sdk: Sdk, script: ScriptItem): Promise<string> {
  simulator.reset();
  simulator.script([script]);
  try {
    const { text, finishReason, errors = [] } = await sdk.stream(SAID);
    const said = text === '' ? 'no text' : `“${text.trim()}”`;
    const how = finishReason === undefined ? 'ends without a reason' : `ends, \`${finishReason}\``;
    return errors.length > 0 ? `${how}, with a separate error, ${said}` : `${how}, ${said}`;
  } catch (error) {
    return `error: ${wordsOf(error)}`;
  }
}

function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.replaceAll(simulator.url, '').replaceAll('|', '/').split('\n');
  const words = line.replaceAll(/\s+/g, ' ').trim();
  return words.length > 60 ? `${words.slice(0, 60).trim()}…` : words;
}
