import { encodeData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventTail } from '../../core/event-tail.ts';
import { encodeNativeFrames } from '../sse/native-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';
import { separateIdFrames, parseCursor, inlineIdFrames } from './resumable-frames.ts';
import { rawText, textIn } from './raw-text.ts';

const ID = '0VbZShiBBYJk3RQE';

function tailOf(...texts: string[]): EventTail {
  const events = texts.map((text): ChatEvent => ({ event: 'delta', data: { text } }));
  return new EventTail(
    ID,
    0,
    events.map((event) => ({ name: event.event, data: encodeData(event) })),
  );
}

/** All writes from a cursor on. */
function writesFrom(encode: FrameEncoder, tail: EventTail, from = 0): { to: number; payload: string }[] {
  const writes: { to: number; payload: string }[] = [];
  for (let cursor = from; cursor < tail.last;) {
    const { to, payload } = encode(tail, cursor);
    if (payload !== '') writes.push({ to, payload: payload.toString() });
    cursor = to;
  }
  return writes;
}

const raw = (event: ChatEvent, endedInReturn: () => boolean) => rawText(textIn(event), endedInReturn);
const payloads = (encode: FrameEncoder, tail: EventTail) =>
  writesFrom(encode, tail).map(({ payload }) => payload);

describe('the frames of a compatibility endpoint', () => {
  test('have an id that counts the pieces of an event', () => {
    expect(payloads(separateIdFrames(raw), tailOf('a', 'b[DONE]{"c"'))).toEqual([
      `data: a\n\nid: ${ID}:1\n\n`,
      `data: b[\n\nid: ${ID}:1.1\n\n`,
      `data: DONE]{\n\nid: ${ID}:1.2\n\n`,
      `data: "c"\n\nid: ${ID}:2\n\n`,
    ]);
    expect(payloads(inlineIdFrames(raw), tailOf('a', 'b'))).toEqual([
      `id: ${ID}:1\ndata: a\n\n`,
      `id: ${ID}:2\ndata: b\n\n`,
    ]);
  });

  test('skip events that the endpoint doesn’t encode, also at the end', () => {
    const encode = separateIdFrames((event) => (textIn(event) === '-' ? [] : [`data: ${textIn(event)}`]));
    expect(payloads(encode, tailOf('-', 'a', '-', '-'))).toEqual([`data: a\n\nid: ${ID}:2\n\n`]);
  });

  test('are only the id where the encoded event is empty', () => {
    expect(
      payloads(
        separateIdFrames(() => ['']),
        tailOf('a'),
      ),
    ).toEqual([`id: ${ID}:1\n\n`]);
    expect(
      payloads(
        inlineIdFrames(() => ['']),
        tailOf('a'),
      ),
    ).toEqual([`id: ${ID}:1\n\n`]);
  });

  test('join the halves of a line end, even if an empty event is in between', () => {
    expect(payloads(separateIdFrames(raw), tailOf('a\r', '', '\nb'))).toEqual([
      `data: a\ndata: \n\nid: ${ID}:1\n\n`,
      `data: b\n\nid: ${ID}:3\n\n`,
    ]);
  });

  test('are separate for each encoder, also of the same log', () => {
    const tail = tailOf('a');
    const [one, two] = [separateIdFrames(raw), inlineIdFrames(raw)];
    const written = [encodeNativeFrames, one, two].map((encode) => encode(tail, 0).payload);
    expect(new Set(written).size).toBe(3);
    expect([encodeNativeFrames, one, two].map((encode) => encode(tail, 0).payload)).toEqual(written);
    expect(one(tail, 0)).toBe(one(tail, 0));
  });

  test('continue after any of their ids, with the rest and nothing else', () => {
    const text = fc
      .array(fc.constantFrom('a', '\r', '\n', '[DONE]', '{"', ' ', '🎨'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) => {
        const tail = tailOf(...texts);
        const encode = separateIdFrames(raw);
        const all = writesFrom(encode, tail);
        for (const [index, { payload, to }] of all.entries()) {
          const cursor = parseCursor(/^id: (.*)$/m.exec(payload)?.[1] ?? '');
          expect((cursor?.sequence ?? -1) + (cursor?.part ?? 0)).toBe(to);
          expect(writesFrom(encode, tail, to)).toEqual(all.slice(index + 1));
        }
        expect(textOf(all.map(({ payload }) => payload))).toBe(texts.join('').replaceAll(/\r\n?/g, '\n'));
      }),
    );
  });
});

test.each([
  '',
  ID,
  `${ID}:`,
  `${ID}:1.`,
  `${ID}:1.0`,
  `${ID}:1.01`,
  `${ID}:1.1.1`,
  `${ID}:1.1234567`,
  `${ID}:-1`,
  `x:1`,
])('"%s" is not an id', (text) => expect(parseCursor(text)).toBeNull());

/** The text that an EventSource parser receives. */
function textOf(written: readonly string[]): string {
  return written
    .map((payload) => [...payload.matchAll(/^data: (.*)$/gm)].map(([, line]) => line).join('\n'))
    .join('');
}
