import type { ChatEvent, Message, MessagePart } from '@millrace/protocol';

/**
 * Applies one event of a reply to its message. Returns the same message if nothing changed, else a new one. The cost
 * doesn't grow with the length of the text.
 */
export function applyEvent(message: Message, event: ChatEvent): Message {
  switch (event.event) {
    case 'meta':
      return event.data.assistantMessage;
    case 'delta':
      return { ...message, parts: appendText(message.parts, 'text', event.data.text) };
    case 'thought':
      return { ...message, parts: appendText(message.parts, 'thought', event.data.text) };
    case 'media':
      return { ...message, parts: [...message.parts, { type: 'media', ...event.data }] };
    case 'source':
      return { ...message, parts: [...message.parts, { type: 'source', ...event.data }] };
    case 'usage':
      return { ...message, usage: event.data };
    case 'notice':
      return message;
    case 'snapshot':
    case 'done':
      return event.data.message;
    case 'error': {
      const { status, code, message: text, partial } = event.data;
      return { ...partial, status, error: { code, message: text } };
    }
  }
}

/** Appends to the last part of the type, so that a source between two deltas doesn't split the text. An image does split it. */
function appendText(parts: readonly MessagePart[], type: 'text' | 'thought', text: string): Message['parts'] {
  const index = parts.findLastIndex((part) => part.type === type || part.type === 'media');
  const last = parts[index];
  if (last?.type !== type) return [...parts, { type, text }];
  return parts.with(index, { type, text: last.text + text });
}
