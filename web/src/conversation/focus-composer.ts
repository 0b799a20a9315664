/** Not on touch screens, where a keyboard would cover the conversation. */
export function focusComposer(): void {
  if (matchMedia('(pointer: fine)').matches) document.getElementById('message')?.focus();
}
