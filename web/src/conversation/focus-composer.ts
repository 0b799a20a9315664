/** Does nothing on touch screens, where the on-screen keyboard would cover the conversation. */
export function focusComposer(): void {
  if (matchMedia('(pointer: fine)').matches) document.getElementById('message')?.focus();
}
