import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplyErrorCode } from '@millrace/protocol';
import type { ScriptItem } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReply } from '../support/caller.ts';
import type { Caller, ReadReply } from '../support/caller.ts';
import { readRecording } from '../support/gemini-recording.ts';
import { seededRandom } from '../support/random.ts';
import { textIn } from '../support/replayed-reply.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const folder = process.env['MILLRACE_RECORDINGS'];
const streams = join(folder ?? '', 'streams');
const files = folder === undefined ? ['none'] : readdirSync(streams).filter((name) => name.endsWith('.sse'));
const reason = folder === undefined ? ' (skipped: MILLRACE_RECORDINGS names no folder of recordings)' : '';

/** The number of positions in each recording at which each fault is tried. */
const POSITIONS = 20;
const SEED = Number(process.env.FAULT_SEED ?? 1);
/** Longer than a busy machine delays a chunk. */
const IDLE_TIMEOUT = '60s';
/**
 * A silence that a busy machine doesn't cause: undici counts it in steps of half a second in which the process runs, so a pause of
 * the whole process is one step. Each recording waits for it once.
 */
const SHORT_IDLE_TIMEOUT = '5s';
const END_OF_EVENT = '\r\n\r\n';
const ERROR = Buffer.from('{"error": {"code": 503,"message": "Overloaded.","status": "UNAVAILABLE"}}');

interface Fault {
  /** @param whole the bytes of the events before the fault @param begun the same bytes, and the start of the next event */
  script(whole: Buffer, begun: Buffer): ScriptItem;
  code: ReplyErrorCode;
  /** The error codes if nothing was received. */
  first?: ReplyErrorCode[];
  /** Whether a reply is complete if its finishReason was received before the fault. */
  isHarmlessAfterFinishReason?: boolean;
}

const replayed = (bytes: Buffer, more: object = {}): ScriptItem => ({ kind: 'replay', bytes, ...more });

const FAULTS: Record<string, Fault> = {
  'an error as an event': {
    script: (whole) =>
      replayed(Buffer.concat([whole, Buffer.from('data: '), ERROR, Buffer.from(END_OF_EVENT)])),
    code: 'model_unavailable',
  },
  'a bare error': {
    script: (whole) => replayed(Buffer.concat([whole, ERROR])),
    code: 'model_unavailable',
    isHarmlessAfterFinishReason: true,
  },
  'a bare error in two writes': {
    script: (whole) => replayed(Buffer.concat([whole, ERROR]), { cuts: [whole.length + 20] }),
    code: 'model_unavailable',
    isHarmlessAfterFinishReason: true,
  },
  'a reset': {
    script: (_whole, begun) => replayed(begun, { ending: 'reset' }),
    code: 'model_stream_broken',
    first: ['model_stream_broken', 'model_unavailable'],
  },
  'an end inside an event': {
    script: (_whole, begun) => replayed(begun),
    code: 'model_stream_broken',
    first: ['model_bad_response', 'model_empty_reply'],
    isHarmlessAfterFinishReason: true,
  },
  'an end without a finishReason': {
    script: (whole) => replayed(whole),
    code: 'model_stream_broken',
    first: ['model_empty_reply'],
    isHarmlessAfterFinishReason: true,
  },
  'silence without end': {
    script: (whole) => replayed(whole, { ending: 'stall' }),
    code: 'model_timeout',
  },
};

describe.skipIf(folder === undefined)(`real recordings that break off (seed ${SEED})${reason}`, () => {
  /** By how many tokens the estimated charges exceed the service's bill. */
  const differences: number[] = [];
  afterAll(() => {
    const exact = differences.filter((more) => more === 0).length;
    const range = `${Math.min(...differences)} to ${Math.max(...differences)}`;
    process.stdout.write(
      `${differences.length} charges were estimates: ${exact} as billed, the others ${range} tokens off\n`,
    );
  });

  describe.each(Object.entries(FAULTS))('by %s', (_name, fault) => {
    let server: TestServer;
    let caller: Caller;
    beforeAll(async () => {
      const idleTimeout = fault.code === 'model_timeout' ? SHORT_IDLE_TIMEOUT : IDLE_TIMEOUT;
      server = await startTestServer({ MODEL_IDLE_TIMEOUT: idleTimeout });
      caller = await server.guest();
    });
    afterAll(() => server.close());

    test.each(files)(
      '%s keeps its text, ends once with the right status, and is charged for the received text',
      async (file) => {
        const random = seededRandom(SEED);
        const bytes = readFileSync(join(streams, file));
        const { id } = await caller.createChat();
        const { used } = (await caller.me()).budget;
        const places = Array.from({ length: POSITIONS }, () => Math.floor(random() * bytes.length));
        const wholes = places.map((place) => bytes.subarray(0, endOfLastEvent(bytes, place)));
        server.simulator.reset();
        server.simulator.script(
          places.map((place, index) => fault.script(wholes[index] ?? bytes, bytes.subarray(0, place))),
        );
        const replies = await Promise.all(
          places.map(async (_place, index) => {
            const question = { content: `Question ${index}`, parentId: null };
            return readReply(await caller.send('POST', `/api/chats/${id}/messages`, question));
          }),
        );
        // Scripted answers are used in the order in which the questions arrive.
        const bills = server.simulator.log().map(({ billed }) => billed.totalTokens);
        const charges = askedQuestions(server).map((index, turn) => {
          const reply = replies[index] ?? expect.fail(`Nobody asked question ${index}`);
          const { tokensUsed, isEstimated } = expectEnd(reply, fault, wholes[turn] ?? bytes);
          const more = tokensUsed - (bills[turn] ?? Number.NaN);
          if (isEstimated) differences.push(more);
          else expect(more).toBe(0);
          return tokensUsed;
        });
        expect(charges).toHaveLength(POSITIONS);
        const charged = charges.reduce((sum, charge) => sum + charge, 0);
        expect((await caller.me()).budget).toMatchObject({ used: used + charged, reserved: 0 });
        expect(await caller.messages(id)).toHaveLength(2 * POSITIONS);
      },
    );
  });
});

/** The numbers of the questions, in the order in which the model received them. */
function askedQuestions({ simulator }: TestServer): number[] {
  return simulator
    .log()
    .filter(({ method }) => method === 'streamGenerateContent')
    .map(({ body }) => Number(/Question (\d+)/.exec(JSON.stringify(body))?.[1]));
}

interface Charge {
  tokensUsed: number;
  isEstimated: boolean;
}

function expectEnd({ last, text, thoughts, events }: ReadReply, fault: Fault, whole: Buffer): Charge {
  const expected = readRecording(whole);
  expect({ text, thoughts }).toEqual({ text: expected.text, thoughts: expected.thoughts });
  expect(events.filter(({ event }) => event === 'done' || event === 'error')).toEqual([last]);
  const hasEnded = whole.includes('"finishReason"');
  const isWhole = hasEnded && fault.isHarmlessAfterFinishReason === true;
  if (last.event === 'done') {
    expect({ isWhole, callsFunction: expected.callsFunction }).toEqual({
      isWhole: true,
      callsFunction: false,
    });
    expect(last.data).toMatchObject({ usageSource: 'provider', tokensUsed: expected.usage.totalTokens });
    return { tokensUsed: last.data.tokensUsed, isEstimated: false };
  }
  if (last.event !== 'error') return expect.fail(`It ended with ${last.event}`);
  const { code, partial } = last.data;
  if (isWhole) expect(code).toBe('unsupported_function_call');
  else if (whole.length > 0) expect(code).toBe(fault.code);
  else expect(fault.first ?? [fault.code]).toContain(code);
  expect(textIn(partial, 'text')).toBe(expected.text);
  expect(partial.usageSource).toBe(isWhole ? 'provider' : 'estimate');
  const tokensUsed = partial.tokensUsed ?? Number.NaN;
  expect(tokensUsed).toBeGreaterThanOrEqual(whole.length === 0 ? 0 : expected.usage.totalTokens);
  return { tokensUsed, isEstimated: !isWhole };
}

/** The offset at which the last complete event before a position ends. */
function endOfLastEvent(bytes: Buffer, place: number): number {
  const end = bytes.subarray(0, place).lastIndexOf(END_OF_EVENT);
  return end === -1 ? 0 : end + END_OF_EVENT.length;
}
