/** Control characters, line separators, and characters that reorder the text around them. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
const LINE_BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;

/** Removes characters that can't be shown or that hide the text around them. */
export function withoutInvisible(text: string): string {
  return text.replaceAll(INVISIBLE, '');
}

/** A text that is safe to show on one line: line breaks and tabs become spaces. */
export function oneLine(text: string): string {
  return withoutInvisible(text.replaceAll(LINE_BREAKS, ' '));
}
