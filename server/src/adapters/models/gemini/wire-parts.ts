import { fileAsText } from '../../../core/prompt-turns.ts';
import type { InputImage, PromptPart, ProviderData, TextPart } from '../../../ports/prompt-parts.ts';
import type { WirePart } from './wire.ts';

export const PROVIDER = 'gemini';

/**
 * Gemini 3 rejects a call without a signature. This value stands in for calls that another model made
 * (ai.google.dev/gemini-api/docs/thought-signatures).
 */
const PLACEHOLDER_SIGNATURE = 'skip_thought_signature_validator';

const TEXT_KEYS = new Set(['text', 'thought', 'thoughtSignature']);

/**
 * The data to send back with a part that Gemini sent: the whole part, unchanged, since a signature is valid only with its own part, even
 * an empty one. Null for an unsigned part, and for calls, code and images: Gemini rejects a call without its result, and none of them
 * is stored in messages yet.
 */
export function providerDataOf(part: WirePart, model: string): ProviderData | null {
  const isSignedText =
    typeof part.thoughtSignature === 'string' && Object.keys(part).every((key) => TEXT_KEYS.has(key));
  return isSignedText ? { provider: PROVIDER, model, data: part } : null;
}

/**
 * Parts of a turn as Gemini takes them. Provider data goes back only to the model it came from: another model may refuse it, which would
 * fail the reply. Without it, neighbouring texts are joined.
 */
export function toWireParts(parts: readonly PromptPart[], model: string): object[] {
  const wireParts: object[] = [];
  let openText: { text: string } | null = null;
  for (const part of parts) {
    if (part.providerData?.provider === PROVIDER && part.providerData.model === model) {
      wireParts.push(part.providerData.data);
      openText = null;
    } else if (part.type !== 'text') {
      wireParts.push(toWirePart(part));
      openText = null;
    } else if (openText !== null) openText.text += part.text;
    else if (part.text !== '') wireParts.push((openText = { text: part.text }));
  }
  return wireParts.length === 0 ? [{ text: '' }] : wireParts;
}

function toWirePart(part: Exclude<PromptPart, TextPart>): WirePart {
  switch (part.type) {
    case 'media':
      return contentPart(part);
    case 'file':
      return contentPart(fileAsText(part));
    case 'tool-call':
      return {
        functionCall: { id: part.id, name: part.name, args: part.arguments },
        thoughtSignature: PLACEHOLDER_SIGNATURE,
      };
    case 'tool-result':
      return { functionResponse: { id: part.id, name: part.name, response: { output: part.result } } };
  }
}

/** A text or an image as a part. */
export function contentPart(content: string | InputImage): WirePart {
  if (typeof content === 'string') return { text: content };
  const { buffer, byteOffset, byteLength } = content.bytes;
  const data = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return { inlineData: { mimeType: content.mimeType, data } };
}
