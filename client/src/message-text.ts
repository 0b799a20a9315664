import type { Message } from '@millrace/protocol';

/** The text of a message, or the thoughts of the model. */
export function messageText(message: Message, type: 'text' | 'thought' = 'text'): string {
  return message.parts.map((part) => (part.type === type ? part.text : '')).join('');
}
