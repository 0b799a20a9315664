import type { Message } from './schemas/message.ts';

/** The text of a message, or the thoughts of the model: without images, files and sources. */
export function messageText(message: Pick<Message, 'parts'>, type: 'text' | 'thought' = 'text'): string {
  let text = '';
  for (const part of message.parts) if (part.type === type) text += part.text;
  return text;
}
