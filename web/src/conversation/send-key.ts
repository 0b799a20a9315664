import type { KeyboardEvent } from 'react';

/** Whether a key event belongs to an input method. Safari reports key code 229 for the Enter that ends a composition. */
export function isComposing({ nativeEvent, keyCode }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || keyCode === 229;
}

/** Enter sends; Shift+Enter inserts a new line. */
export function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !isComposing(event);
}
