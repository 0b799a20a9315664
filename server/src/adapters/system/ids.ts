import { randomInt } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { newToken } from './secrets.ts';

/** In the order of ASCII, so that ids sort as what they stand for. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^8 ms last until the year 8888. */
const TIME_DIGITS = 8;
/** 62^8 ≈ 2^47 possibilities a millisecond; the primary key refuses the rest. */
const RANDOM_DIGITS = 8;

export function createIds(clock: Clock): Ids {
  return {
    uuid: uuidsIn(clock),
    generationId: () => encodeTime(clock.now()) + randomDigits(),
    mediaId: () => newToken(),
  };
}

/** Of one process they are in the order in which they are made, within a millisecond and when the clock is put back too. */
function uuidsIn(clock: Clock): () => string {
  let msecs = Number.NEGATIVE_INFINITY;
  let seq = 0;
  return () => {
    const now = clock.now();
    // As many again are left for one millisecond.
    if (now > msecs) [msecs, seq] = [now, randomInt(2 ** 31)];
    else seq += 1;
    return v7({ msecs, seq });
  };
}

function encodeTime(milliseconds: number): string {
  let rest = milliseconds;
  let digits = '';
  for (let place = 0; place < TIME_DIGITS; place += 1) {
    digits = DIGITS.charAt(rest % DIGITS.length) + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}

function randomDigits(): string {
  let digits = '';
  for (let place = 0; place < RANDOM_DIGITS; place += 1) digits += DIGITS.charAt(randomInt(DIGITS.length));
  return digits;
}
