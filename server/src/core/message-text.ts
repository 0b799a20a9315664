import type { Message } from '@millrace/protocol';

/** The text of a message, without its thoughts, images and sources. */
export function textOf({ parts }: Pick<Message, 'parts'>): string {
  let text = '';
  for (const part of parts) if (part.type === 'text') text += part.text;
  return text;
}
