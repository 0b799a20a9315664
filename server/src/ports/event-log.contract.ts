import type { ChatEvent } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventTail } from '../core/event-tail.ts';
import type { EventLog, LogWriter } from './event-log.ts';

/** An event log, as the suite drives it. */
export interface EventLogHarness {
  log: EventLog;
  /** Opens another log on the same storage, as another node or after a crash: nothing is flushed first. */
  reopen(): Promise<EventLog>;
  /** Ends the lease of NODE, whose generations NEW_OWNER takes over. */
  expireNode(): Promise<void>;
  /** Records that a generation ended at an instant (ms), and the sequence of its terminal event; null while it isn't written. */
  endGeneration(generationId: string, endedAt: number, lastSequence: number | null): Promise<void>;
  close(): Promise<void>;
}

/** Every harness registers these nodes. */
export const NODE = 'node-1';
export const NEW_OWNER = 'node-2';
const ID = '0VbZShiBBYJk3RQE';
const OTHER_ID = '0VbZShiBBYJk3RQF';
/** Every harness runs these generations on NODE. */
export const GENERATIONS = [ID, OTHER_ID];

const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });
const done = { event: 'done', data: { status: 'completed' } } as ChatEvent;

/**
 * What every event log must do.
 * @param options.isFencedImmediately whether a node can't write from the moment its lease ends, or only once the new owner writes
 */
export function eventLogContract(
  name: string,
  start: () => Promise<EventLogHarness>,
  { isFencedImmediately }: { isFencedImmediately: boolean },
): void {
  describe(`event log: ${name}`, () => {
    let harness: EventLogHarness;
    let log: EventLog;
    beforeEach(async () => {
      harness = await start();
      log = harness.log;
    });
    afterEach(() => harness.close());

    async function textAfter(opened: EventLog, generationId: string, after: number): Promise<string> {
      const tail = await opened.open(generationId, after);
      let text = '';
      for (let sequence = after + 1; sequence <= tail.last; sequence += 1) {
        text += JSON.parse(tail.at(sequence)?.data ?? '').text ?? '|';
      }
      return text;
    }

    test('numbers events 1, 2, 3 and returns them in order after any sequence', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      for (const letter of 'abcdef') writer.append(delta(letter));
      await writer.flush();
      for (let after = 0; after <= 6; after += 1) {
        expect(await textAfter(log, ID, after)).toBe('abcdef'.slice(after));
      }
    });

    test('shows no event before it is durable', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      const tail = await log.open(ID, 0);
      const seen: number[] = [];
      tail.subscribe(() => seen.push(tail.last));
      writer.append(delta('a'));
      expect(tail.last).toBe(0);
      await writer.flush();
      expect(seen.at(-1)).toBe(1);
      expect(await textAfter(await harness.reopen(), ID, 0)).toBe('a');
    });

    test('durable events survive a crash, and a new writer continues after them', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('durable'));
      await writer.flush();
      const reopened = await harness.reopen();
      const next = await reopened.writer(ID, NODE);
      expect(next.tail.last).toBe(1);
      next.append(delta(' and continued'));
      await next.flush();
      expect(await textAfter(reopened, ID, 0)).toBe('durable and continued');
    });

    test('a reader of a growing log misses no event and sees none twice', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      let expected = '';
      const readers: { cursor: number; from: number; text: string }[] = [];
      for (let round = 0; round < 30; round += 1) {
        for (let count = 0; count < 1 + (round % 4); count += 1) {
          writer.append(delta(`${round}.${count} `));
          expected += `${round}.${count} `;
        }
        const tail = await log.open(ID, 0);
        const reader = { cursor: 0, from: tail.last, text: '' };
        const advance = () => {
          while (reader.cursor < tail.last) {
            reader.cursor += 1;
            reader.text += JSON.parse(tail.at(reader.cursor)?.data ?? '').text;
          }
        };
        tail.subscribe(advance);
        advance();
        readers.push(reader);
        if (round % 3 === 0) await writer.flush();
      }
      await writer.flush();
      expect(readers.map(({ text }) => text)).toEqual(readers.map(() => expected));
    });

    test('logs of different generations are separate', async () => {
      const [one, two] = [
        await log.writer(ID, NODE, { isNew: true }),
        await log.writer(OTHER_ID, NODE, { isNew: true }),
      ];
      one.append(delta('one'));
      two.append(delta('two'));
      await Promise.all([one.flush(), two.flush()]);
      expect(await textAfter(log, ID, 0)).toBe('one');
      expect(await textAfter(log, OTHER_ID, 0)).toBe('two');
    });

    test('the terminal event ends the log, live and when it is opened later', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      const live = await log.open(ID, 0);
      writer.append(delta('a'));
      writer.append(done);
      await writer.flush();
      expect(live.hasEnded).toBe(true);
      for (const after of [0, 1, 2]) {
        const tail = await log.open(ID, after);
        expect([tail.hasEnded, tail.last]).toEqual([true, 2]);
      }
    });

    test('a cursor beyond the end of the log is recognizable', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('a'));
      writer.append(done);
      await writer.flush();
      expect((await log.open(ID, 99)).last).toBe(2);
      expect((await (await harness.reopen()).open(ID, 99)).last).toBe(2);
    });

    test('a log without a writer is empty', async () => {
      const tail = await log.open(ID, 0);
      expect([tail.last, tail.hasEnded]).toEqual([0, false]);
    });

    test('any text is returned unchanged, also lone surrogates and their neighbours', async () => {
      const texts = [
        '\r\n\u2028\u0001',
        '👩‍👩‍👧‍👦 中文 data: x\n\n',
        '\ud83d',
        '\ude00',
        "'; drop table events; --",
      ];
      const writer = await log.writer(ID, NODE, { isNew: true });
      for (const text of texts) writer.append(delta(text));
      await writer.flush();
      const tail = await (await harness.reopen()).open(ID, 0);
      expect(texts.map((_text, index) => JSON.parse(tail.at(index + 1)?.data ?? '').text)).toEqual(texts);
    });

    test('pruning deletes the events of generations that ended long ago, and no others', async () => {
      for (const id of [ID, OTHER_ID]) {
        const writer = await log.writer(id, NODE, { isNew: true });
        writer.append(delta('text'));
        writer.append(done);
        await writer.flush();
      }
      await harness.endGeneration(ID, 1000, 2);
      await harness.endGeneration(OTHER_ID, 3000, 2);
      expect(await log.prune(2000)).toBe(1);
      expect((await log.open(ID, 0)).last).toBe(0);
      expect((await log.open(OTHER_ID, 0)).last).toBe(2);
    });

    test('pruning skips a log whose terminal event isn’t written yet, so that its numbers continue', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('text'));
      await writer.flush();
      await harness.endGeneration(ID, 1000, null);
      expect(await log.prune(2000)).toBe(0);
      writer.append(done);
      await writer.flush();
      expect(await textAfter(log, ID, 0)).toBe('text|');
    });

    test('a node whose lease has expired can’t write once the new owner writes, and its readers follow the new owner', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('mine'));
      await writer.flush();
      const tail = await log.open(ID, 0);
      const ended = new Promise<void>((resolve) => tail.subscribe(() => tail.hasEnded && resolve()));
      await harness.expireNode();
      const newOwner = await (await harness.reopen()).writer(ID, NEW_OWNER);
      expect(newOwner.tail.last).toBe(1);
      writer.append(delta('too late'));
      await expect(writer.flush()).rejects.toMatchObject({ name: 'LeaseLostError' });
      expect(writer.failure.aborted).toBe(true);
      newOwner.append(done);
      await newOwner.flush();
      await ended;
      expect(tail.events().map(({ name }) => name)).toEqual(['delta', 'done']);
    });

    test('a node that doesn’t know yet that its log was taken over serves a reader that has seen more', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('mine'));
      await writer.flush();
      await harness.expireNode();
      const newOwner = await (await harness.reopen()).writer(ID, NEW_OWNER);
      newOwner.append(delta('of the new owner'));
      await newOwner.flush();
      expect(writer.tail.last).toBe(1);
      const tail = await log.open(ID, 2);
      expect(tail.last).toBe(2);
      const ended = new Promise<void>((resolve) => tail.subscribe(() => tail.hasEnded && resolve()));
      newOwner.append(done);
      await newOwner.flush();
      // A caller that knows the last sequence doesn't wait for the notification.
      expect((await log.open(ID, 0, 3)).hasEnded).toBe(true);
      await ended;
      expect(tail.last).toBe(3);
    });

    test.runIf(isFencedImmediately)('a node whose lease has expired can’t write', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('mine'));
      await writer.flush();
      await harness.expireNode();
      writer.append(delta('too late'));
      await expect(writer.flush()).rejects.toMatchObject({ name: 'LeaseLostError' });
      expect(await textAfter(await harness.reopen(), ID, 0)).toBe('mine');
    });

    test('a reader of a log that another process writes gets every event', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('a'));
      await writer.flush();
      const tail = await (await harness.reopen()).open(ID, 0);
      const ended = new Promise<void>((resolve) => tail.subscribe(() => tail.hasEnded && resolve()));
      for (const letter of 'bcdefgh') {
        writer.append(delta(letter));
        await writer.flush();
      }
      writer.append(done);
      await ended;
      expect(
        tail
          .events()
          .map(({ data }) => JSON.parse(data).text ?? '|')
          .join(''),
      ).toBe('abcdefgh|');
    });

    test('a reader that opens the log after the first event sees it, although the log was opened before', async () => {
      const elsewhere = await harness.reopen();
      expect((await elsewhere.open(ID, 0)).last).toBe(0);
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('a'));
      await writer.flush();
      expect(await textAfter(elsewhere, ID, 0)).toBe('a');
    });

    describe('private data', () => {
      /** Events with private data, without it, and private data alone. */
      const appended: [ChatEvent | null, object?][] = [
        [delta('a'), { signature: 'secret 1' }],
        [delta('b')],
        [null, { responseId: 'secret 3\t\n"' }],
        [delta('c'), { signature: 'secret 4' }],
      ];
      const expected = [1, 2, 3, 4].map((sequence) => {
        const [event, data] = appended[sequence - 1] ?? [];
        return { text: event?.event === 'delta' ? event.data.text : null, private: data ?? null };
      });

      async function append(writer: LogWriter): Promise<void> {
        for (const [event, data] of appended) {
          writer.append(event, data);
          await writer.flush();
        }
      }

      function recordsOf(tail: EventTail) {
        return tail.records(0).map(({ name, data, private: privateData }) => ({
          text: name === 'delta' ? JSON.parse(data).text : null,
          private: privateData === undefined ? null : JSON.parse(privateData),
        }));
      }

      const visibleOf = (tail: EventTail) =>
        Array.from({ length: tail.last - tail.base }, (_item, index) => tail.at(tail.base + index + 1));

      test('is shown to no reader, and makes no gap', async () => {
        const writer = await log.writer(ID, NODE, { isNew: true });
        const elsewhere = await (await harness.reopen()).open(ID, 0);
        const seen = new Promise<void>((resolve) =>
          elsewhere.subscribe(() => elsewhere.last === 4 && resolve()),
        );
        await append(writer);
        await seen;
        for (const tail of [await log.open(ID, 0), elsewhere]) {
          expect(tail.last).toBe(4);
          expect(visibleOf(tail).map((event) => event && JSON.parse(event.data).text)).toEqual([
            'a',
            'b',
            null,
            'c',
          ]);
          expect(JSON.stringify([visibleOf(tail), tail.events()])).not.toContain('secret');
        }
        for (let after = 0; after <= 4; after += 1) expect((await log.open(ID, after)).last).toBe(4);
      });

      test('is returned to the next writer, also after a crash', async () => {
        await append(await log.writer(ID, NODE, { isNew: true }));
        await harness.expireNode();
        const next = await (await harness.reopen()).writer(ID, NEW_OWNER);
        expect(recordsOf(next.tail)).toEqual(expected);
        next.append(null, { responseId: 'secret 5' });
        next.append(done, { responseId: 'secret 6' });
        await next.flush();
        expect([next.tail.last, next.tail.hasEnded]).toEqual([6, true]);
      });

      test('stays with an ended log, and leaves it when it is pruned', async () => {
        const writer = await log.writer(ID, NODE, { isNew: true });
        await append(writer);
        writer.append(done);
        await writer.flush();
        // Compacts or merges what is due.
        await log.prune(0);
        const tail = await (await harness.reopen()).open(ID, 0);
        expect([tail.last, tail.hasEnded]).toEqual([5, true]);
        expect(recordsOf(tail).slice(0, 4)).toEqual(expected);
        expect(JSON.stringify(visibleOf(tail))).not.toContain('secret');
        await harness.endGeneration(ID, 1000, 5);
        expect(await log.prune(2000)).toBe(1);
        expect((await log.open(ID, 0)).records(0)).toEqual([]);
      });
    });

    test('a hundred simultaneous writers each get all of their events', async () => {
      const ids = Array.from(
        { length: 100 },
        (_item, index) => `0VbZShiBBYJk${String(index).padStart(4, '0')}`,
      );
      const writers = await Promise.all(ids.map((id) => log.writer(id, NODE, { isNew: true })));
      for (let round = 0; round < 20; round += 1) {
        for (const [index, writer] of writers.entries()) writer.append(delta(`${index}:${round} `));
        if (round % 5 === 0) await writers[round]?.flush();
      }
      await Promise.all(writers.map((writer) => writer.flush()));
      for (const [index, id] of ids.entries()) {
        const rounds = Array.from({ length: 20 }, (_item, round) => `${index}:${round} `);
        expect(await textAfter(log, id, 0)).toBe(rounds.join(''));
      }
    });
  });
}
