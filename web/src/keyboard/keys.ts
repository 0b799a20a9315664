const isMac = /mac|iphone|ipad/i.test(navigator.platform);

/** The name of the modifier key that shortcuts use. */
export const MOD = isMac ? '⌘' : 'Ctrl';

/** Whether the modifier key is pressed, and no other modifier but Shift. */
export function hasMod(event: KeyboardEvent): boolean {
  const [expected, other] = isMac ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  return expected && !other && !event.altKey;
}
