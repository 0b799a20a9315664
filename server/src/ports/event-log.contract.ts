import type { ChatEvent } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventLog } from './event-log.ts';

/** One way to keep an event log, as the suite drives it. */
export interface EventLogHarness {
  log: EventLog;
  /** A new log over what the old one has made durable, as after a crash: nothing is flushed first. */
  reopen(): Promise<EventLog>;
  /** Strikes NODE off, whose generations are HEIR's then. */
  strikeOff(): Promise<void>;
  /** Notes that a generation ended at an instant (ms), and its terminal event's sequence; null while that is owed. */
  endGeneration(generationId: string, endedAt: number, lastSequence: number | null): Promise<void>;
  close(): Promise<void>;
}

/** Every harness has registered these nodes. */
export const NODE = 'node-1';
export const HEIR = 'node-2';
const ID = '0VbZShiBBYJk3RQE';
const OTHER_ID = '0VbZShiBBYJk3RQF';
/** Every harness has these generations running on NODE. */
export const GENERATIONS = [ID, OTHER_ID];

const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });
const done = { event: 'done', data: { status: 'completed' } } as ChatEvent;

/**
 * What every event log must do.
 * @param options.isFencedAtOnce whether a node can write nothing from the moment on when it is struck off
 */
export function eventLogContract(
  name: string,
  start: () => Promise<EventLogHarness>,
  { isFencedAtOnce }: { isFencedAtOnce: boolean },
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

    test('numbers events 1, 2, 3 and gives them back in order from any place', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      for (const letter of 'abcdef') writer.append(delta(letter));
      await writer.flush();
      for (let after = 0; after <= 6; after += 1) {
        expect(await textAfter(log, ID, after)).toBe('abcdef'.slice(after));
      }
    });

    test('shows an event to nobody before it is durable', async () => {
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

    test('what was durable is there after a crash, and a new writer goes on after it', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('kept'));
      await writer.flush();
      const reopened = await harness.reopen();
      const next = await reopened.writer(ID, NODE);
      expect(next.tail.last).toBe(1);
      next.append(delta(' and continued'));
      await next.flush();
      expect(await textAfter(reopened, ID, 0)).toBe('kept and continued');
    });

    test('one who reads while it grows misses nothing and sees nothing twice', async () => {
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

    test('logs of different generations are apart', async () => {
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

    test('a cursor beyond the end is seen to be beyond it', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('a'));
      writer.append(done);
      await writer.flush();
      expect((await log.open(ID, 99)).last).toBe(2);
      expect((await (await harness.reopen()).open(ID, 99)).last).toBe(2);
    });

    test('a log nobody wrote is empty', async () => {
      const tail = await log.open(ID, 0);
      expect([tail.last, tail.hasEnded]).toEqual([0, false]);
    });

    test('any text comes back as it was, and lone surrogates do no harm to their neighbours', async () => {
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

    test('pruning takes the events of what ended long ago and nothing else', async () => {
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

    test('pruning leaves a log alone whose terminal event is owed, so that its numbers go on', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('text'));
      await writer.flush();
      await harness.endGeneration(ID, 1000, null);
      expect(await log.prune(2000)).toBe(0);
      writer.append(done);
      await writer.flush();
      expect(await textAfter(log, ID, 0)).toBe('text|');
    });

    test('a node that was struck off can write no more once its heir writes, and its readers get what that one writes', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('mine'));
      await writer.flush();
      const tail = await log.open(ID, 0);
      const ended = new Promise<void>((resolve) => tail.subscribe(() => tail.hasEnded && resolve()));
      await harness.strikeOff();
      const heir = await (await harness.reopen()).writer(ID, HEIR);
      expect(heir.tail.last).toBe(1);
      writer.append(delta('too late'));
      await expect(writer.flush()).rejects.toMatchObject({ name: 'LeaseLostError' });
      expect(writer.failure.aborted).toBe(true);
      heir.append(done);
      await heir.flush();
      await ended;
      expect(tail.events().map(({ name }) => name)).toEqual(['delta', 'done']);
    });

    test('a node that has not heard yet that another writes its log serves a reader who knows more than it does', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('mine'));
      await writer.flush();
      await harness.strikeOff();
      const heir = await (await harness.reopen()).writer(ID, HEIR);
      heir.append(delta('its heir’s'));
      await heir.flush();
      expect(writer.tail.last).toBe(1);
      const tail = await log.open(ID, 2);
      expect(tail.last).toBe(2);
      const ended = new Promise<void>((resolve) => tail.subscribe(() => tail.hasEnded && resolve()));
      heir.append(done);
      await heir.flush();
      // Who knows that it has ended needn't wait until this one has heard of it.
      expect((await log.open(ID, 0, 3)).hasEnded).toBe(true);
      await ended;
      expect(tail.last).toBe(3);
    });

    test.runIf(isFencedAtOnce)('a node that was struck off can write no more', async () => {
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('mine'));
      await writer.flush();
      await harness.strikeOff();
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

    test('one who comes after the first event sees it, whoever has looked in vain before', async () => {
      const elsewhere = await harness.reopen();
      expect((await elsewhere.open(ID, 0)).last).toBe(0);
      const writer = await log.writer(ID, NODE, { isNew: true });
      writer.append(delta('a'));
      await writer.flush();
      expect(await textAfter(elsewhere, ID, 0)).toBe('a');
    });

    test('a hundred writers at once each get all of theirs', async () => {
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
