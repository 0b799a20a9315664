import type { Message } from '@millrace/protocol';

/** All that a message says, or all that the model thought aloud before it. */
export function messageText(message: Message, type: 'text' | 'thought' = 'text'): string {
  return message.parts.map((part) => (part.type === type ? part.text : '')).join('');
}
