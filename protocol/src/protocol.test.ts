import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeData, encodeFrame, HEARTBEAT_FRAME, mergeData } from './encode-event.ts';
import { formatEventId, isGenerationId, parseEventId } from './event-id.ts';
import type { ChatEvent, NumberedEvent } from './schemas/events.ts';
import { PROTOCOL_VERSION } from './version.ts';
import { formatMediaUrl, isMediaUrl } from './media-url.ts';
import { parseChannelEvent } from './parse-channel-event.ts';
import { parseData, parseEvent, ProtocolError } from './parse-event.ts';
import type { RawEvent } from './parse-event.ts';

const ID = '0VbZShiBBYJk3RQE';
const anyText = fc.string({ unit: 'binary' });

function decode(wire: string): NumberedEvent[] {
  const events: NumberedEvent[] = [];
  const parser = createParser({
    onEvent(raw) {
      const event = parseEvent(raw);
      if (event !== null) events.push(event);
    },
  });
  parser.feed(wire);
  return events;
}

describe('encoding', () => {
  test('any text is decoded as it was encoded', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1 }), (text, sequence) => {
        const event: ChatEvent = { event: 'delta', data: { text } };
        const wire = encodeFrame(ID, sequence, 'delta', encodeData(event));
        expect(decode(wire)).toEqual([{ ...event, generationId: ID, sequence }]);
      }),
    );
  });

  test('text that looks like server-sent events remains text', () => {
    const text = 'data: x\n\nevent: done\rdata: {}\r\n\r\nid: 1\n: comment';
    const wire = encodeFrame(ID, 1, 'delta', encodeData({ event: 'delta', data: { text } }));
    expect(wire.split('\n')).toHaveLength(5);
    expect(decode(wire)).toMatchObject([{ data: { text } }]);
  });

  test('merged texts are the joined texts, also when a surrogate pair was split', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1 }), (texts) => {
        const encoded = texts.map((text) => encodeData({ event: 'delta', data: { text } }));
        expect(parseData('delta', mergeData(encoded)).data).toEqual({ text: texts.join('') });
      }),
    );
    const halves = ['\ud83d', '\ude00'].map((text) => encodeData({ event: 'thought', data: { text } }));
    expect(parseData('thought', mergeData(halves)).data).toEqual({ text: '😀' });
  });

  test('a heartbeat is not an event', () => {
    expect(decode(HEARTBEAT_FRAME + HEARTBEAT_FRAME)).toEqual([]);
  });
});

describe('parsing', () => {
  test('an unknown event is skipped', () => {
    expect(parseEvent({ id: `${ID}:1`, event: 'mood', data: '{}' })).toBeNull();
    expect(parseEvent({ id: `${ID}:1`, data: '{}' })).toBeNull();
  });

  test('a newer version of the protocol is an error with its own code', () => {
    const parse = (protocol: number) =>
      parseEvent({ id: `${ID}:1`, event: 'meta', data: JSON.stringify({ protocol }) });
    expect(() => parse(PROTOCOL_VERSION + 1)).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'unsupported_version' }),
    );
    expect(parse(PROTOCOL_VERSION)).toMatchObject({ event: 'meta', sequence: 1 });
    expect(parse(PROTOCOL_VERSION - 1)).toMatchObject({ event: 'meta', sequence: 1 });
  });

  test.each([
    ['no id', { event: 'delta', data: '{"text":"a"}' }],
    ['a foreign id', { id: '17', event: 'delta', data: '{"text":"a"}' }],
    ['broken JSON', { id: `${ID}:1`, event: 'delta', data: '{"text":' }],
    ['no object', { id: `${ID}:1`, event: 'delta', data: '"text"' }],
  ])('an event with %s is an error', (_what, raw) => {
    expect(() => parseEvent(raw)).toThrow(ProtocolError);
  });
});

describe("parsing a chat's channel", () => {
  const CHAT_ID = '01a1fc0e-6edd-74f3-941c-b65066f8e05b';

  test('an event is decoded as it was encoded', () => {
    const wire = encodeFrame(CHAT_ID, 7, 'chat_deleted', JSON.stringify({ chatId: CHAT_ID }));
    const raw: RawEvent[] = [];
    createParser({ onEvent: (event) => raw.push(event) }).feed(wire);
    expect(raw.map(parseChannelEvent)).toEqual([
      { sequence: 7, event: { event: 'chat_deleted', data: { chatId: CHAT_ID } } },
    ]);
  });

  test('an unknown event has its number', () => {
    const unknown = { sequence: 3, event: null };
    expect(parseChannelEvent({ id: `${CHAT_ID}:3`, event: 'mood', data: 'x' })).toEqual(unknown);
    expect(parseChannelEvent({ id: `${CHAT_ID}:3`, data: '{}' })).toEqual(unknown);
  });

  test.each([
    ['no id', { event: 'chat', data: '{}' }],
    ['half an id', { id: CHAT_ID, event: 'chat', data: '{}' }],
    ['a bad number', { id: `${CHAT_ID}:01`, event: 'chat', data: '{}' }],
    ['broken JSON', { id: `${CHAT_ID}:1`, event: 'chat', data: '{' }],
  ])('an event with %s is an error', (_what, raw) => {
    expect(() => parseChannelEvent(raw)).toThrow(ProtocolError);
  });
});

test('only URLs of stored files are media URLs', () => {
  expect(isMediaUrl(formatMediaUrl('Zk_3-x0aVwq5sT1yPb7LEg'))).toBe(true);
  const others = ['', '/api/media/', '/api/media/a/../b', '/api/media/a?b', 'https://a.example/api/media/a'];
  expect(others.filter((url) => isMediaUrl(url))).toEqual([]);
});

describe('event ids', () => {
  test('an id is parsed as it was formatted', () => {
    expect(parseEventId(formatEventId(ID, 12))).toEqual({ generationId: ID, sequence: 12 });
    expect(parseEventId(`${ID}:0`)).toEqual({ generationId: ID, sequence: 0 });
  });

  test.each([
    '',
    ID,
    `${ID}:`,
    `${ID}:-1`,
    `${ID}:1.5`,
    `${ID}:01`,
    `${ID}:1 `,
    `short:1`,
    `${ID}:${'9'.repeat(16)}`,
  ])('%j is not an event id', (text) => {
    expect(parseEventId(text)).toBeNull();
  });

  test('a generation id has 16 letters and digits', () => {
    expect(['', ID, `${ID}x`, `${ID.slice(1)}-`].map(isGenerationId)).toEqual([false, true, false, false]);
  });
});
