import type { Message, MessagePart } from '@millrace/protocol';

/** The text of a message's parts of one type, joined. */
export function textOf(message: Message, type: 'text' | 'thought'): string {
  let text = '';
  for (const part of message.parts) if (part.type === type) text += part.text;
  return text;
}

export type Source = Extract<MessagePart, { type: 'source' }>;

/** The sources of a message, each once. */
export function sourcesOf(message: Message): Source[] {
  const byUrl = new Map<string, Source>();
  for (const part of message.parts) if (part.type === 'source') byUrl.set(part.url, part);
  return [...byUrl.values()];
}
