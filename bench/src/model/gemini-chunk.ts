import { monotonicMicroseconds } from '../measure/clock.ts';
import { formatStamp, STAMP_LENGTH } from '../measure/stamp.ts';
import type { Plan } from './plan.ts';

/** A reply has at least a first and a last chunk, both with text. */
const WORDS = ' the river turns the wheel and the wheel turns the stone';
const TOKENS_A_CHUNK = 24;
const PROMPT_TOKENS = 12;

/** A text of the given length that begins with a stamp of the current time. */
export function stampedText(index: number, length: number): string {
  return formatStamp(monotonicMicroseconds(), index) + fillerOf(Math.max(0, length - STAMP_LENGTH));
}

const fillers = new Map<number, string>();

function fillerOf(length: number): string {
  let filler = fillers.get(length);
  if (filler === undefined) {
    filler = WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
    fillers.set(length, filler);
  }
  return filler;
}

/**
 * One event of `streamGenerateContent?alt=sse`, as Gemini writes it (its spacing, CRLF, cumulative usage with every chunk), in
 * a separate HTTP/1.1 chunk. ASCII only.
 */
export function geminiChunk(index: number, { textLength, hidesUsage, text }: Plan, isLast: boolean): string {
  const said =
    text === undefined
      ? stampedText(index, textLength)
      : JSON.stringify(text.slice(index * textLength, (index + 1) * textLength)).slice(1, -1);
  const tokens = (index + 1) * TOKENS_A_CHUNK;
  const finish = isLast ? ',"finishReason": "STOP"' : '';
  const usage =
    hidesUsage === true
      ? ''
      : `"usageMetadata": {"promptTokenCount": ${PROMPT_TOKENS},"candidatesTokenCount": ${tokens},"totalTokenCount": ${PROMPT_TOKENS + tokens},` +
        `"promptTokensDetails": [{"modality": "TEXT","tokenCount": ${PROMPT_TOKENS}}]},`;
  const event =
    `data: {"candidates": [{"content": {"parts": [{"text": "${said}"}],"role": "model"}${finish},"index": 0}],` +
    usage +
    `"modelVersion": "gemini-3.8-flash","responseId": "bench"}\r\n\r\n`;
  return `${event.length.toString(16)}\r\n${event}\r\n`;
}

/** Other requests of SDKs and servers. */
export const MODELS = {
  models: [
    {
      name: 'models/gemini-3.8-flash',
      displayName: 'Gemini 3.8 Flash',
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    },
  ],
};

export const TOKEN_COUNT = { totalTokens: PROMPT_TOKENS };
