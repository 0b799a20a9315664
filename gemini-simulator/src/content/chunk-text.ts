import type { Random } from './seeded-random.ts';

/**
 * Cuts a text anywhere except inside a surrogate pair, as Gemini does.
 *
 * @param chunkChars median length in UTF-16 units; each chunk has between half and one and a half of it.
 */
export function* chunkText(text: string, chunkChars: number, random: Random): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = start + Math.max(1, Math.round(chunkChars * (0.5 + random())));
    const last = text.charCodeAt(end - 1);
    const next = text.charCodeAt(end);
    if (last >= 0xd800 && last < 0xdc00 && next >= 0xdc00 && next < 0xe000) end++;
    yield text.slice(start, end);
    start = end;
  }
}
