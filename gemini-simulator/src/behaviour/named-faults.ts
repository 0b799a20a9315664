import { errorNames } from '../gemini/google-errors.ts';
import type { Behaviour } from './behaviour.ts';

const htmlBadGateway =
  '<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>\n<p><b>502.</b> That’s an error.\n';

/** What `x-sim: <name>` and the model name `sim-<name>` stand for, besides the errors. */
const otherFaults = {
  '502-html': { kind: 'http', status: 502, body: htmlBadGateway, contentType: 'text/html; charset=UTF-8' },
  delay: { firstDelayMs: 3000 },
  hang: { kind: 'hang' },
  reset: { kind: 'reset' },
  'error-event': { fault: { kind: 'error', form: 'data' } },
  'error-bare': { fault: { kind: 'error', form: 'bare' } },
  'error-bare-split': { fault: { kind: 'error', form: 'bare-split' } },
  'reset-after-chunk': { fault: { kind: 'reset' } },
  'reset-after-bytes': { fault: { kind: 'reset', afterBytes: 100 } },
  truncate: { fault: { kind: 'truncate' } },
  close: { fault: { kind: 'close' } },
  'no-finish': { finishReason: null },
  empty: { kind: 'http', status: 200, body: '', contentType: 'text/event-stream' },
  'prompt-block': { blockReason: 'PROHIBITED_CONTENT' },
  safety: { finishReason: 'SAFETY' },
  'safety-no-text': { text: '', finishReason: 'SAFETY', lastContent: 'empty' },
  recitation: { finishReason: 'RECITATION' },
  'max-tokens': { finishReason: 'MAX_TOKENS' },
  'max-tokens-no-text': { text: '', finishReason: 'MAX_TOKENS', lastContent: 'no-parts' },
  'unknown-finish': { finishReason: 'A_REASON_OF_TOMORROW' },
  'empty-content': { lastContent: 'empty' },
  'stop-every-chunk': { stopOnEveryChunk: true },
  'no-usage': { usage: 'missing' },
  'usage-without-candidates': { usage: 'without-candidates' },
  stall: { fault: { kind: 'stall', ms: 5000 } },
  'stall-forever': { fault: { kind: 'stall' } },
  'function-call': { functionCall: { name: 'get_capital', args: { country: 'France' } } },
  signature: { thoughtSignature: 'c2lnbmF0dXJl' },
  thoughts: {
    thoughts: ['**Reading**\n\nLooking at the question.\n\n', '**Answering**\n\nIt is clear.\n\n'],
  },
  'split-characters': { writeBytes: 7 },
  lf: { lineEnds: 'lf' },
  'mixed-lines': { lineEnds: 'mixed' },
  comments: { extraLines: ['comment'] },
  'event-lines': { extraLines: ['event'] },
  done: { extraLines: ['done'] },
} as const satisfies Record<string, Behaviour>;

export type FaultName = keyof typeof otherFaults | (typeof errorNames)[number];

/** What a script holds: a behaviour, or the name of a fault for short. */
export type ScriptItem = Behaviour | FaultName;

const namedFaults = new Map<string, Behaviour>([
  ...errorNames.map((error): [string, Behaviour] => [error, { kind: 'error', error }]),
  ...Object.entries<Behaviour>(otherFaults),
]);

export const faultNames: readonly string[] = [...namedFaults.keys()];

export function faultByName(name: string): Behaviour | undefined {
  return namedFaults.get(name);
}
