const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The longest grapheme that is kept whole. Longer graphemes are only made to cause trouble. */
const MAX_GRAPHEME_LENGTH = 64;

/** The smallest length, from the given one, at which the text can be cut without splitting a grapheme. */
export function wholeCharacters(text: string, length: number): number {
  const start = Math.max(0, length - MAX_GRAPHEME_LENGTH);
  const around = graphemes
    .segment(text.slice(start, length + MAX_GRAPHEME_LENGTH))
    .containing(length - start);
  if (!around || around.index === length - start) return length;
  return start + around.index + around.segment.length;
}
