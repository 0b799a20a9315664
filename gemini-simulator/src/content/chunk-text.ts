import { createHash } from 'node:crypto';

/** 32 bytes that look random and are the same for the same seed and text. */
export function seededBytes(seed: number, text: string): Buffer {
  return createHash('sha256').update(`${seed} ${text}`).digest();
}

/** Gives numbers from 0 up to 1. */
export function seededRandom(seed: number, text: string): () => number {
  const start = seededBytes(seed, text).toString('hex');
  let drawn = 0;
  return () => seededBytes(drawn++, start).readUInt32BE() / 2 ** 32;
}

/** Cuts a text anywhere except inside a surrogate pair, as Gemini does, into half to one and a half of `chunkChars` UTF-16 units. */
export function* chunkText(text: string, chunkChars: number, seed: number): Generator<string> {
  const random = seededRandom(seed, text);
  for (let start = 0, end; start < text.length; start = end) {
    end = start + Math.max(1, Math.round(chunkChars * (0.5 + random())));
    const isInPair = !text.slice(end - 1, end).isWellFormed() && text.slice(end - 1, end + 1).isWellFormed();
    if (isInPair) end += 1;
    yield text.slice(start, end);
  }
}
