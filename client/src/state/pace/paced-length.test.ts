import { describe, expect, test } from 'vitest';
import { MAX_LAG_MS, pacedLength } from './paced-length.ts';
import type { Deadline } from './paced-length.ts';
import { wholeCharacters } from './whole-characters.ts';

const FRAME = 1000 / 60;

interface Frame {
  now: number;
  length: number;
  shown: number;
}

/** Plays frames of a growing text. @param lengthAt how much of the text has arrived at a time */
function play(lengthAt: (now: number) => number, frames: number, frame = FRAME): Frame[] {
  const played: Frame[] = [];
  let shown = 0;
  let deadlines: Deadline[] = [];
  for (let number = 1; number <= frames; number += 1) {
    const now = number * frame;
    const length = lengthAt(now);
    deadlines = deadlines.filter((deadline) => deadline.length > shown);
    if (length > (deadlines.at(-1)?.length ?? shown)) deadlines.push({ length, time: now + MAX_LAG_MS });
    shown = pacedLength({ shown, deadlines, previous: now - frame, now });
    played.push({ now, length, shown });
  }
  return played;
}

/** Pieces of `size` characters, one every `intervalMs`. */
function pieces(size: number, intervalMs: number) {
  return (now: number) => (Math.floor(now / intervalMs) + 1) * size;
}

/** Irregular, but the same in each run. */
function bursts(now: number): number {
  const sizes = { 0: 3, 40: 700, 55: 20, 300: 1, 310: 5000, 900: 12, 905: 90, 1600: 2000 };
  let length = 0;
  for (const [at, size] of Object.entries(sizes)) if (Number(at) <= now) length += size;
  return length;
}

describe('while a reply grows', () => {
  test('each frame shows a share of a piece, and never more than has arrived', () => {
    let before = 0;
    for (const { length, shown } of play(pieces(72, 200), 240)) {
      expect(shown).toBeLessThanOrEqual(length);
      if (before < length) expect(shown).toBeGreaterThan(before);
      expect(shown - before).toBeLessThan(12);
      before = shown;
    }
  });

  test.each([
    ['a few letters at a time', pieces(10, 100), FRAME],
    ['a hundred letters at a time', pieces(100, 100), FRAME],
    ['whole pages at a time', pieces(10_000, 100), FRAME],
    ['bursts', bursts, FRAME],
    ['bursts, on a slow screen', bursts, 45],
  ])('text is shown within 300 ms: %s', (_what, lengthAt, frame) => {
    for (const { now, shown } of play(lengthAt, 160, frame)) {
      expect(shown).toBeGreaterThanOrEqual(now < 300 ? 0 : lengthAt(now - 300));
    }
  });

  test('the text grows at the rate at which it arrives', () => {
    const settled = play(pieces(20, 40), 240).slice(60);
    const [first, last] = [settled[0], settled.at(-1) as Frame];
    const pace = (last.shown - first.shown) / (last.now - first.now);
    expect(pace).toBeCloseTo(0.5, 1);
    for (const [index, { shown }] of settled.slice(1).entries()) {
      const step = shown - settled[index].shown;
      expect(step).toBeGreaterThan(5);
      expect(step).toBeLessThan(13);
    }
  });

  test('a late frame shows as much as the frames that it replaces', () => {
    const deadlines = [{ length: 1000, time: MAX_LAG_MS }];
    const late = pacedLength({ shown: 0, deadlines, previous: 0, now: 10 * FRAME });
    let shown = 0;
    for (let frame = 0; frame < 10; frame += 1) {
      shown = pacedLength({ shown, deadlines, previous: frame * FRAME, now: (frame + 1) * FRAME });
    }
    expect(Math.abs(late - shown)).toBeLessThan(10);
  });
});

test.each([
  ['a letter and its accent', 'ae\u0301b', 2, 3],
  ['the halves of an emoji', 'a😀b', 2, 3],
  ['a family', 'a👩‍👩‍👧b', 4, 9],
  ['the flag of a country', '🇩🇪🇫🇷', 6, 8],
  ['letters', 'abc', 2, 2],
])('a cut does not split %s', (_what, text, length, whole) => {
  expect(wholeCharacters(text, length)).toBe(whole);
});
