import type { Turn } from '../../../ports/model-provider.ts';
import type { WirePart } from './wire.ts';

const TEXTUAL = new Set(['text', 'thought', 'thoughtSignature']);

/**
 * Whether a part is to be sent back as it came: a signature goes with its very part, also one of an empty text. Calls of tools,
 * code and images aren't: without the result that belongs to it Gemini refuses a call, and none of them is in our messages yet.
 */
export function isSignedText(part: WirePart): boolean {
  return typeof part.thoughtSignature === 'string' && Object.keys(part).every((key) => TEXTUAL.has(key));
}

/**
 * The parts of a turn: those that the same model has signed, as they came, and the text between them. Whether another model takes
 * them isn't known, and a refusal would cost the reply. One whose text isn't there, because it was never passed on, stays out.
 */
export function partsOf({ text, signed = [] }: Turn, model: string): object[] {
  const parts: object[] = [];
  let told = 0;
  for (const { part, at, model: signer } of signed) {
    const own = textIn(part);
    if (signer !== model || at < told || !text.startsWith(own, at) || at > text.length) continue;
    if (at > told) parts.push({ text: text.slice(told, at) });
    parts.push(part);
    told = at + own.length;
  }
  if (told < text.length || parts.length === 0) parts.push({ text: text.slice(told) });
  return parts;
}

/** What a part adds to the text of its turn. */
function textIn({ text = '', thought = false }: WirePart): string {
  return thought ? '' : text;
}
