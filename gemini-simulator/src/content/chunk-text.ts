import { seededRandom } from './seeded-random.ts';

/**
 * Cuts a text anywhere except inside a surrogate pair, as Gemini does.
 *
 * @param chunkChars median length in UTF-16 units; each chunk has between half and one and a half of it, by the seed.
 */
export function* chunkText(text: string, chunkChars: number, seed: number): Generator<string> {
  const random = seededRandom(seed, text);
  for (let start = 0, end; start < text.length; start = end) {
    end = start + Math.max(1, Math.round(chunkChars * (0.5 + random())));
    const isInPair = !text.slice(end - 1, end).isWellFormed() && text.slice(end - 1, end + 1).isWellFormed();
    if (isInPair) end += 1;
    yield text.slice(start, end);
  }
}
