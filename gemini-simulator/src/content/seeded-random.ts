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
