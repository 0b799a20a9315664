import type { Message, MessagePart } from '@millrace/protocol';

/** Text or an image. */
export type Block = Extract<MessagePart, { type: 'text' | 'media' }>;

/** The text and images of a message. Adjacent text parts are joined. */
export function blocksOf(message: Pick<Message, 'parts'>): Block[] {
  const blocks: Block[] = [];
  for (const part of message.parts) {
    const last = blocks.at(-1);
    if (part.type === 'media') blocks.push(part);
    else if (part.type !== 'text') continue;
    else if (last?.type === 'text') blocks[blocks.length - 1] = { type: 'text', text: last.text + part.text };
    else blocks.push({ type: 'text', text: part.text });
  }
  return blocks;
}

export type Source = Extract<MessagePart, { type: 'source' }>;

/** The sources of a message, each once. */
export function sourcesOf(message: Pick<Message, 'parts'>): Source[] {
  const byUrl = new Map<string, Source>();
  for (const part of message.parts) if (part.type === 'source') byUrl.set(part.url, part);
  return [...byUrl.values()];
}
