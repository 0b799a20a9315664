import { createHash } from 'node:crypto';

/** 32 pseudo-random bytes that depend only on the seed and text. */
export function seededBytes(seed: number, text: string): Buffer {
  return createHash('sha256').update(`${seed} ${text}`).digest();
}

/** A generator of pseudo-random numbers from 0 (inclusive) to 1 (exclusive). */
export function seededRandom(seed: number, text: string): () => number {
  const start = seededBytes(seed, text).toString('hex');
  let drawn = 0;
  return () => seededBytes(drawn++, start).readUInt32BE() / 2 ** 32;
}

/**
 * Splits a text into chunks of 0.5 to 1.5 times `chunkChars` UTF-16 units. Like Gemini, it splits anywhere except inside a
 * surrogate pair.
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
