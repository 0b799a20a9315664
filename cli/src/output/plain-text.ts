/** C0 except tab and line feed, DEL, and C1: characters that a terminal obeys instead of showing. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Makes untrusted text safe for a terminal: removes the characters that begin control sequences. It removes single characters, so
 * a sequence that is split over several chunks is harmless too.
 */
export function plainText(text: string): string {
  return text.replaceAll(CONTROLS, '');
}

/** The same, on one line. */
export function plainLine(text: string): string {
  return plainText(text.replaceAll(/[\r\n\t]+/g, ' '));
}
