const isMac = /mac|iphone|ipad/i.test(navigator.platform);

/** What the key is called that goes with shortcuts. */
export const MOD = isMac ? '⌘' : 'Ctrl';

/** Whether it is held, and nothing else but Shift. */
export function hasMod(event: KeyboardEvent): boolean {
  const [wanted, other] = isMac ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  return wanted && !other && !event.altKey;
}
