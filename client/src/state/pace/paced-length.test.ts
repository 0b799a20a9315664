import { describe, expect, test } from 'vitest';
import { END_MS, pacedLength } from './paced-length.ts';
import { wholeCharacters } from './whole-characters.ts';

const FRAME = 1000 / 60;

/** How much is shown with each frame, of a text that comes in pieces of so many characters every so many frames. */
function play(pieces: number, size: number, every: number): { length: number; shown: number }[] {
  const frames: { length: number; shown: number }[] = [];
  let shown = 0;
  for (let frame = 0; frame < pieces * every; frame += 1) {
    const length = (Math.floor(frame / every) + 1) * size;
    shown = pacedLength({ shown, length, elapsedMs: FRAME, remainingMs: null });
    frames.push({ length, shown });
  }
  return frames;
}

describe('while a reply grows', () => {
  test('a piece is spread over frames, each of which shows something, and never more than there is', () => {
    const frames = play(20, 72, 12);
    let before = 0;
    for (const { length, shown } of frames) {
      expect(shown).toBeLessThanOrEqual(length);
      if (before < length) expect(shown).toBeGreaterThan(before);
      expect(shown - before).toBeLessThan(30);
      before = shown;
    }
  });

  test('however fast it comes, the screen is at most half a second behind', () => {
    for (const size of [10, 100, 10_000]) {
      for (const { length, shown } of play(60, size, 6)) {
        const perSecond = size * 10;
        expect(length - shown).toBeLessThanOrEqual(perSecond / 2);
      }
    }
  });

  test('far behind it catches up', () => {
    let shown = 0;
    for (let frame = 0; frame < 60; frame += 1) {
      shown = pacedLength({ shown, length: 100_000, elapsedMs: FRAME, remainingMs: null });
    }
    expect(shown).toBeGreaterThan(99_000);
  });

  test('a frame that came late shows as much as those it stands for', () => {
    const late = pacedLength({ shown: 0, length: 1000, elapsedMs: 10 * FRAME, remainingMs: null });
    let shown = 0;
    for (let frame = 0; frame < 10; frame += 1)
      shown = pacedLength({ shown, length: 1000, elapsedMs: FRAME, remainingMs: null });
    expect(Math.abs(late - shown)).toBeLessThan(10);
  });
});

test('once a reply has ended all of it is shown in a quarter of a second, evenly', () => {
  let [shown, remaining] = [0, END_MS];
  while (shown < 600) {
    const next = pacedLength({ shown, length: 600, elapsedMs: FRAME, remainingMs: remaining });
    expect(next - shown).toBeGreaterThan(38);
    expect(next - shown).toBeLessThan(42);
    shown = next;
    remaining -= FRAME;
  }
  expect(remaining).toBeGreaterThan(-1);
});

test('a text that has become shorter is shown as it is', () => {
  expect(pacedLength({ shown: 10, length: 4, elapsedMs: FRAME, remainingMs: null })).toBe(4);
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
