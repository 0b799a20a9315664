import type { KeyboardEvent } from 'react';

/** Whether a key belongs to the input of a character. 229 is what Safari says of the Enter that ends a composition. */
export function isComposing({ nativeEvent, keyCode }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || keyCode === 229;
}

/** Enter sends, and Shift+Enter breaks the line. */
export function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !isComposing(event);
}
