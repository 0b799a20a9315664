import { encodeData, parseEvent } from '@millrace/protocol';
import type { ChatEvent, NumberedEvent } from '@millrace/protocol';
import { createParser } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { EventTail } from '../../core/event-tail.ts';
import { encodeNativeFrames } from './native-frames.ts';
import type { FrameEncoder } from './event-frames.ts';
import { EventReader } from './event-reader.ts';
import type { FrameSink } from './frame-sink.ts';

const ID = '0VbZShiBBYJk3RQE';

/** A connection that the test fills and drains. */
class Connection implements FrameSink {
  wire = '';
  readonly writes: (string | Buffer)[] = [];
  isFull = false;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  #drain: (() => void)[] = [];
  #close: (() => void)[] = [];

  write(frames: string | Buffer): boolean {
    this.wire += frames.toString();
    this.writes.push(frames);
    return !this.isFull;
  }

  end(): void {
    this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
    this.leave();
  }

  onDrain(listener: () => void): void {
    this.#drain.push(listener);
  }

  onClose(listener: () => void): void {
    this.#close.push(listener);
  }

  drain(): void {
    this.isFull = false;
    for (const listener of this.#drain) listener();
  }

  leave(): void {
    for (const listener of this.#close) listener();
  }

  get events(): NumberedEvent[] {
    const events: NumberedEvent[] = [];
    const parser = createParser({
      onEvent(raw) {
        const event = parseEvent(raw);
        if (event !== null) events.push(event);
      },
    });
    parser.feed(this.wire);
    return events;
  }

  get text(): string {
    return this.events.map(({ data }) => ('text' in data ? data.text : '|')).join('');
  }
}

function commit(tail: EventTail, ...events: ChatEvent[]): void {
  for (const event of events) tail.commit({ name: event.event, data: encodeData(event) });
  tail.wake();
}

const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });
const thought = (text: string): ChatEvent => ({ event: 'thought', data: { text } });
const done = { event: 'done', data: {} } as ChatEvent;

function follow(tail: EventTail, after: number): { connection: Connection; reader: EventReader } {
  const connection = new Connection();
  const reader = new EventReader(tail, after, connection, encodeNativeFrames);
  reader.start();
  return { connection, reader };
}

describe('a reader', () => {
  test('gets existing events, then new ones, then the end of the response', () => {
    const tail = new EventTail(ID, 0, []);
    commit(tail, delta('a'), delta('b'));
    const { connection } = follow(tail, 1);
    commit(tail, delta('c'));
    expect(connection.text).toBe('bc');
    commit(tail, done);
    expect([connection.text, connection.state]).toEqual(['bc|', 'ended']);
    expect(tail.listenerCount).toBe(0);
  });

  test('writes nothing, rather than an empty chunk, for events that its encoder skips', () => {
    const tail = new EventTail(ID, 0, []);
    const connection = new Connection();
    const deltasOnly: FrameEncoder = (log, from) => {
      const payload = log.at(from + 1)?.name === 'delta' ? 'said\n' : '';
      return { from, to: from + 1, payload };
    };
    new EventReader(tail, 0, connection, deltasOnly).start();
    commit(tail, thought('a'));
    commit(tail, delta('b'));
    commit(tail, done);
    expect(connection.writes).toEqual(['said\n']);
    expect(connection.state).toBe('ended');
  });

  test('that is slow holds no frames: it continues from its cursor when the connection drains', () => {
    const tail = new EventTail(ID, 0, []);
    const { connection } = follow(tail, 0);
    connection.isFull = true;
    commit(tail, delta('first'));
    for (let index = 0; index < 1000; index += 1) commit(tail, delta(` ${index}`));
    expect(connection.text).toBe('first');
    connection.drain();
    const rest = Array.from({ length: 1000 }, (_item, index) => ` ${index}`).join('');
    expect(connection.text).toBe(`first${rest}`);
    expect(connection.events).toHaveLength(2);
    expect(connection.events[1]?.sequence).toBe(1001);
  });

  test('never has more than about 64 KB written to a connection that is full', () => {
    const tail = new EventTail(ID, 0, []);
    for (let index = 0; index < 1000; index += 1) commit(tail, delta('x'.repeat(1000)));
    const connection = new Connection();
    connection.isFull = true;
    new EventReader(tail, 0, connection, encodeNativeFrames).start();
    expect(connection.wire.length).toBeGreaterThan(60_000);
    expect(connection.wire.length).toBeLessThan(70_000);
    let rounds = 0;
    while (connection.text.length < 1_000_000) {
      connection.drain();
      connection.isFull = true;
      rounds += 1;
      expect(rounds).toBeLessThan(50);
    }
    expect(connection.text).toBe('x'.repeat(1_000_000));
  });

  test('that stays full for too many sweeps is disconnected, and one that drains in time is not', () => {
    const limits = { heartbeatSweeps: 3, maxBlockedSweeps: 2 };
    const tail = new EventTail(ID, 0, []);
    const stuck = follow(tail, 0);
    const slow = follow(tail, 0);
    stuck.connection.isFull = slow.connection.isFull = true;
    commit(tail, delta('a'));
    stuck.reader.sweep(limits);
    slow.reader.sweep(limits);
    slow.connection.drain();
    stuck.reader.sweep(limits);
    slow.reader.sweep(limits);
    expect([stuck.connection.state, slow.connection.state]).toEqual(['destroyed', 'open']);
    expect(tail.listenerCount).toBe(1);
  });

  test('gets a heartbeat when nothing else was sent for long enough', () => {
    const limits = { heartbeatSweeps: 2, maxBlockedSweeps: 10 };
    const tail = new EventTail(ID, 0, []);
    const { connection, reader } = follow(tail, 0);
    reader.sweep(limits);
    commit(tail, delta('a'));
    reader.sweep(limits);
    expect(connection.wire).not.toContain('heartbeat');
    reader.sweep(limits);
    expect(connection.wire.endsWith(': heartbeat\n\n')).toBe(true);
  });

  test('that disconnects is removed', () => {
    const tail = new EventTail(ID, 0, []);
    const { connection } = follow(tail, 0);
    connection.leave();
    commit(tail, delta('a'), done);
    expect([connection.wire, tail.listenerCount]).toEqual(['', 0]);
  });
});

describe('frames', () => {
  test('merge consecutive texts of one kind, and have the id of the last', () => {
    const tail = new EventTail(ID, 0, []);
    commit(tail, thought('a'), thought('b'), delta('c'), delta('d'), done);
    const { connection } = follow(tail, 0);
    expect(connection.events.map(({ event, sequence }) => `${event}:${sequence}`)).toEqual([
      'thought:2',
      'delta:4',
      'done:5',
    ]);
  });

  test('skip records that have private data alone, and merge the texts around them', () => {
    const tail = new EventTail(ID, 0, []);
    const privateOnly = { name: 'private', data: '{}', private: '"secret"' } as const;
    const record = (event: ChatEvent) => ({
      name: event.event,
      data: encodeData(event),
      private: '"secret"',
    });
    for (const each of [record(delta('a')), privateOnly, record(delta('b')), privateOnly]) tail.commit(each);
    const { connection } = follow(tail, 0);
    tail.commit(privateOnly);
    tail.wake();
    tail.commit(record(done));
    tail.wake();
    expect(connection.events.map(({ event, sequence }) => `${event}:${sequence}`)).toEqual([
      'delta:4',
      'done:6',
    ]);
    expect(connection.text).toBe('ab|');
    expect(connection.wire).not.toContain('secret');
  });

  test('are encoded once for readers that are up to date', () => {
    const tail = new EventTail(ID, 0, []);
    commit(tail, delta('a'));
    expect(encodeNativeFrames(tail, 0)).toBe(encodeNativeFrames(tail, 0));
    commit(tail, delta('b'));
    expect(encodeNativeFrames(tail, 1).payload).toContain('"b"');
  });

  test('that fill a write are encoded once for all readers that are behind', () => {
    const tail = new EventTail(ID, 0, []);
    for (let index = 0; index < 200; index += 1) commit(tail, delta('x'.repeat(1000)));
    const late = encodeNativeFrames(tail, 0);
    encodeNativeFrames(tail, 190);
    commit(tail, delta('more'));
    expect(encodeNativeFrames(tail, 0)).toBe(late);
    expect(late.to).toBeLessThan(100);
  });
});
