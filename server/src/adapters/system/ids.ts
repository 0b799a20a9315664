import { randomFillSync, randomInt } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { newToken } from './secrets.ts';

/** In ASCII order, so that ids sort by time. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^8 ms suffice until the year 8888. */
const TIME_DIGITS = 8;
/** 62^8 ≈ 2^47 values a millisecond. The primary key refuses a duplicate. */
const RANDOM_DIGITS = 8;

export function createIds(clock: Clock): Ids {
  return {
    uuid: uuidGenerator(clock),
    generationId: () => encodeTime(clock.now()) + randomDigits(),
    mediaId: () => newToken(),
  };
}

/** UUIDs of one process sort in the order in which they were created, also within a millisecond and when the clock is set back. */
function uuidGenerator(clock: Clock): () => string {
  let msecs = Number.NEGATIVE_INFINITY;
  let seq = 0;
  const rng = randomBlocks();
  return () => {
    const now = clock.now();
    // The sequence begins in the lower half, so that one millisecond has room for 2^31 more.
    if (now > msecs) [msecs, seq] = [now, randomInt(2 ** 31)];
    else seq += 1;
    return v7({ msecs, seq, rng });
  };
}

const BLOCK_BYTES = 16;
const BLOCKS_PER_DRAW = 256;

/** Random blocks, each used once. They are drawn many at a time, because a draw costs 3 µs whatever its size. */
function randomBlocks(): () => Uint8Array {
  const drawn = new Uint8Array(BLOCKS_PER_DRAW * BLOCK_BYTES);
  let used = drawn.length;
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn);
      used = 0;
    }
    used += BLOCK_BYTES;
    return drawn.subarray(used - BLOCK_BYTES, used);
  };
}

function encodeTime(milliseconds: number): string {
  let rest = milliseconds;
  let digits = '';
  for (let index = 0; index < TIME_DIGITS; index += 1) {
    digits = DIGITS.charAt(rest % DIGITS.length) + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}

function randomDigits(): string {
  let digits = '';
  for (let index = 0; index < RANDOM_DIGITS; index += 1) digits += DIGITS.charAt(randomInt(DIGITS.length));
  return digits;
}
