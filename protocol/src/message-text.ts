import type { Message } from './schemas/message.ts';

/** The text of a message, or the thoughts of the model: without images, files and sources. */
export function messageText(message: Pick<Message, 'parts'>, type: 'text' | 'thought' = 'text'): string {
  return message.parts.map((part) => (part.type === type ? part.text : '')).join('');
}
