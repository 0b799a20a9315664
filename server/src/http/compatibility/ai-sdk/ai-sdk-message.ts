import type { Message, MessagePart } from '@millrace/protocol';
import { isFiltered } from '../is-filtered.ts';

/** Finish reasons that have an equivalent in the AI SDK. */
const FINISH_REASONS: ReadonlyMap<string, 'stop' | 'length'> = new Map([
  ['stop', 'stop'],
  ['fallback', 'stop'],
  ['length', 'length'],
  ['budget', 'length'],
]);

export function finishReasonOf(reason: string): string {
  if (isFiltered(reason)) return 'content-filter';
  return FINISH_REASONS.get(reason) ?? 'other';
}

/** The metadata of a message when it begins. */
export function beginningOf({ chatId, generationId, model, createdAt }: Message) {
  return { chatId, generationId, model, createdAt };
}

/** The metadata that is added when a message ends. */
export function endingOf({
  status,
  finishReason,
  model,
  usage,
  tokensUsed,
  costMicros,
  usageSource,
}: Message) {
  return { status, finishReason, model, usage, tokensUsed, costMicros, usageSource };
}

/** A saved message as a `UIMessage`. */
export function uiMessageOf(message: Message) {
  const { id, role, parts } = message;
  const metadata =
    role === 'user' ? { createdAt: message.createdAt } : { ...beginningOf(message), ...endingOf(message) };
  return { id, role, metadata, parts: parts.map(uiPartOf) };
}

function uiPartOf(part: MessagePart, index: number) {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, state: 'done' };
    case 'thought':
      return { type: 'reasoning', text: part.text, state: 'done' };
    case 'file':
      return { type: 'file', mediaType: part.mimeType, url: part.url, filename: part.name };
    case 'media':
      return { type: 'file', mediaType: part.mimeType, url: part.url };
    case 'source':
      return { type: 'source-url', sourceId: String(index), url: part.url, title: part.title };
  }
}
