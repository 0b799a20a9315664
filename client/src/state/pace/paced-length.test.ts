import { describe, expect, test } from 'vitest';
import { LAG_MS, pacedLength } from './paced-length.ts';
import type { Due } from './paced-length.ts';
import { wholeCharacters } from './whole-characters.ts';

const FRAME = 1000 / 60;

interface Frame {
  now: number;
  length: number;
  shown: number;
}

/** What is shown with each frame, of a text of which so much has come by a time. */
function play(lengthAt: (now: number) => number, frames: number, frame = FRAME): Frame[] {
  const played: Frame[] = [];
  let shown = 0;
  let due: Due[] = [];
  for (let number = 1; number <= frames; number += 1) {
    const now = number * frame;
    const length = lengthAt(now);
    due = due.filter((piece) => piece.length > shown);
    if (length > (due.at(-1)?.length ?? shown)) due.push({ length, by: now + LAG_MS });
    shown = pacedLength({ shown, due, before: now - frame, now });
    played.push({ now, length, shown });
  }
  return played;
}

/** Pieces of so many characters, every so many milliseconds. */
function pieces(size: number, every: number) {
  return (now: number) => (Math.floor(now / every) + 1) * size;
}

/** Repeatable, and like nothing. */
function bursts(now: number): number {
  const sizes = { 0: 3, 40: 700, 55: 20, 300: 1, 310: 5000, 900: 12, 905: 90, 1600: 2000 };
  let length = 0;
  for (const [at, size] of Object.entries(sizes)) if (Number(at) <= now) length += size;
  return length;
}

describe('while a reply grows', () => {
  test('a piece is spread over frames, each of which shows something, and never more than there is', () => {
    let before = 0;
    for (const { length, shown } of play(pieces(72, 200), 240)) {
      expect(shown).toBeLessThanOrEqual(length);
      if (before < length) expect(shown).toBeGreaterThan(before);
      expect(shown - before).toBeLessThan(12);
      before = shown;
    }
  });

  test.each([
    ['a few letters now and then', pieces(10, 100), FRAME],
    ['a hundred at once', pieces(100, 100), FRAME],
    ['whole pages', pieces(10_000, 100), FRAME],
    ['bursts', bursts, FRAME],
    ['bursts, on a screen that is slow', bursts, 45],
  ])('nothing that came 300 ms ago is missing: %s', (_what, lengthAt, frame) => {
    for (const { now, shown } of play(lengthAt, 160, frame)) {
      expect(shown).toBeGreaterThanOrEqual(now < 300 ? 0 : lengthAt(now - 300));
    }
  });

  test('it grows at the pace at which it comes', () => {
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

  test('a frame that came late shows as much as those it stands for', () => {
    const due = [{ length: 1000, by: LAG_MS }];
    const late = pacedLength({ shown: 0, due, before: 0, now: 10 * FRAME });
    let shown = 0;
    for (let frame = 0; frame < 10; frame += 1) {
      shown = pacedLength({ shown, due, before: frame * FRAME, now: (frame + 1) * FRAME });
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
])('is not torn apart: %s', (_what, text, length, whole) => {
  expect(wholeCharacters(text, length)).toBe(whole);
});
