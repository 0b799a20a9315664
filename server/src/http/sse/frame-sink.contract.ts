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
    /** Everything received since the last call; null when the response has ended. Rejects when the connection was closed early. */
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

/** Everything a client gets, until the response ends or `enough` characters are there. */
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

/** What every frame sink must do. @param connect opens a new connection */
export function describeFrameSink(connect: () => Promise<Pair>): void {
  test('a reader gets existing and new events, letter for letter, and then the end', async () => {
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

  test('a slow client fills its connection, has no queue, and gets every letter when it continues to read', async () => {
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
    // Of 20 MB, only what a socket or stream buffers.
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

  test('a client whose connection stays full is disconnected, and resumes from the last id it saw without a gap', async () => {
    const first = await connect();
    const tail = new EventTail(ID, 0, []);
    const closed = new Promise<void>((resolve) => first.sink.onClose(resolve));
    const reader = follow(tail, 0, first.sink);
    for (let index = 0; index < 20_000; index += 1) commit(tail, delta(`${index} `.repeat(100)));
    commit(tail, done);
    reader.sweep({ heartbeatSweeps: 1, maxBlockedSweeps: 1 });
    await closed;
    expect(tail.listenerCount).toBe(0);
    let wire = '';
    await expect(
      (async () => {
        for (;;)
          wire += (await first.client.read()) ?? expect.fail('The response ended as if it were complete');
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

  test('a client that disconnects is removed', async () => {
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

  test('a close listener that is added after the end is called at once', async () => {
    const { sink, client } = await connect();
    const closed = new Promise<void>((resolve) => sink.onClose(resolve));
    sink.end();
    await readAll(client);
    await closed;
    await new Promise<void>((resolve) => sink.onClose(resolve));
    expect(await client.read()).toBeNull();
  });
}
