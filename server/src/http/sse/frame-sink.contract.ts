import { encodeData, parseEvent } from '@millrace/protocol';
import type { ChatEvent, NumberedEvent } from '@millrace/protocol';
import { createParser } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { EventTail } from '../../core/event-tail.ts';
import { encodeNativeFrames } from './native-frames.ts';
import { EventReader } from './event-reader.ts';
import type { FrameSink } from './frame-sink.ts';

const ID = '0VbZShiBBYJk3RQE';

/** A client and the sink that its frames go into. */
export interface Pair {
  sink: FrameSink;
  client: {
    /** Whatever came since it was last asked; null when the response has ended. Rejects when it was cut off. */
    read(): Promise<string | null>;
    leave(): Promise<void>;
  };
}

const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });
const done = { event: 'done', data: {} } as ChatEvent;

function commit(tail: EventTail, ...events: ChatEvent[]): void {
  for (const event of events) tail.commit({ name: event.event, data: encodeData(event) });
  tail.wake();
}

function follow(tail: EventTail, after: number, sink: FrameSink): EventReader {
  const reader = new EventReader(tail, after, sink, encodeNativeFrames);
  reader.start();
  return reader;
}

/** All that a client gets, until the response ends or so many characters are there. */
async function readAll(client: Pair['client'], enough = Infinity): Promise<string> {
  let wire = '';
  while (wire.length < enough) {
    const chunk = await client.read();
    if (chunk === null) return wire;
    wire += chunk;
  }
  return wire;
}

function eventsIn(wire: string): NumberedEvent[] {
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

function textIn(events: readonly NumberedEvent[]): string {
  return events.map(({ data }) => ('text' in data ? data.text : '')).join('');
}

/** What every connection that a reader writes to must do. @param connect makes a new one */
export function describeFrameSink(connect: () => Promise<Pair>): void {
  test('a reader gets what was there and what comes, letter for letter, and then the end', async () => {
    const { sink, client } = await connect();
    const tail = new EventTail(ID, 0, []);
    commit(tail, delta('水車 '), delta('🎡 '));
    follow(tail, 1, sink);
    commit(tail, delta('turns\r\n'));
    commit(tail, done);
    const events = eventsIn(await readAll(client));
    expect(textIn(events)).toBe('🎡 turns\r\n');
    expect(events.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
  });

  test('a slow client fills its connection, costs no queue, and gets every letter once it reads on', async () => {
    const { sink, client } = await connect();
    const tail = new EventTail(ID, 0, []);
    let written = 0;
    const counting: FrameSink = {
      write(frames) {
        written += frames.length;
        return sink.write(frames);
      },
      end: () => sink.end(),
      destroy: () => sink.destroy(),
      onDrain: (listener) => sink.onDrain(listener),
      onClose: (listener) => sink.onClose(listener),
    };
    follow(tail, 0, counting);
    const text = 'The mill grinds on. '.repeat(50);
    for (let index = 0; index < 20_000; index += 1) commit(tail, delta(text));
    // Of 20 MB: what a socket takes in, or a stream.
    expect(written).toBeLessThan(8_000_000);
    commit(tail, done);
    const events = eventsIn(await readAll(client));
    expect(textIn(events) === text.repeat(20_000)).toBe(true);
    let previous = 0;
    for (const { sequence } of events) {
      expect(sequence).toBeGreaterThan(previous);
      previous = sequence;
    }
    expect(previous).toBe(20_001);
  });

  test('a client that stays full is cut off, and goes on from the last id it saw without a gap', async () => {
    const first = await connect();
    const tail = new EventTail(ID, 0, []);
    const closed = new Promise<void>((resolve) => first.sink.onClose(resolve));
    const reader = follow(tail, 0, first.sink);
    for (let index = 0; index < 20_000; index += 1) commit(tail, delta(`${index} `.repeat(100)));
    commit(tail, done);
    reader.sweep({ heartbeat: 1, stalled: 1 });
    await closed;
    expect(tail.listenerCount).toBe(0);
    let wire = '';
    await expect(
      (async () => {
        for (;;) wire += (await first.client.read()) ?? expect.fail('It ended as if it were whole');
      })(),
    ).rejects.toBeInstanceOf(Error);
    const seen = eventsIn(wire);
    const second = await connect();
    follow(tail, seen.at(-1)?.sequence ?? 0, second.sink);
    const rest = eventsIn(await readAll(second.client));
    const whole = Array.from({ length: 20_000 }, (_item, index) => `${index} `.repeat(100)).join('');
    expect(textIn(seen) + textIn(rest) === whole).toBe(true);
    expect(rest.at(-1)?.event).toBe('done');
  });

  test('a client that leaves is forgotten', async () => {
    const { sink, client } = await connect();
    const tail = new EventTail(ID, 0, []);
    const left = new Promise<void>((resolve) => sink.onClose(resolve));
    follow(tail, 0, sink);
    commit(tail, delta('a'));
    await readAll(client, 1);
    await client.leave();
    await left;
    expect(tail.listenerCount).toBe(0);
    commit(tail, delta('b'), done);
  });

  test('who asks about its end after that is told at once', async () => {
    const { sink, client } = await connect();
    const closed = new Promise<void>((resolve) => sink.onClose(resolve));
    sink.end();
    await readAll(client);
    await closed;
    await new Promise<void>((resolve) => sink.onClose(resolve));
    expect(await client.read()).toBeNull();
  });
}
