const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Longer ones are made to be a nuisance. */
const LONGEST_CHARACTER = 64;

/** The least length from this one on at which a text can be cut without cutting what people see as one character. */
export function wholeCharacters(text: string, length: number): number {
  const start = Math.max(0, length - LONGEST_CHARACTER);
  const around = characters.segment(text.slice(start, length + LONGEST_CHARACTER)).containing(length - start);
  if (!around || around.index === length - start) return length;
  return start + around.index + around.segment.length;
}
