/** C0 but tab and line feed, DEL, and C1: what a terminal would obey instead of showing it. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Text of somebody else's, for a terminal: without the characters that begin control sequences. One by one, so that a sequence
 * that comes in pieces is as harmless.
 */
export function plainText(text: string): string {
  return text.replaceAll(CONTROLS, '');
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plainText(text.replaceAll(/[\r\n\t]+/g, ' '));
}
