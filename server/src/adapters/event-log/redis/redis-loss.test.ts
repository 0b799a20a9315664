import type { ChatEvent } from '@millrace/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventTail } from '../../../core/event-tail.ts';
import { GENERATIONS, NEW_OWNER, NODE } from '../../../ports/event-log.contract.ts';
import type { EventLog, LogWriter } from '../../../ports/event-log.ts';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { Redis } from '../../redis/redis.ts';
import { noRedisServer, RedisServer } from '../../../../../test/support/redis-server.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { createLogDatabase } from '../postgres/postgres-logs.fixture.ts';
import type { LogDatabase } from '../postgres/postgres-logs.fixture.ts';
import { KEY_PREFIX, RedisEventLog } from './redis-event-log.ts';
import { endGeneration, expireNode } from '../running-generations.fixture.ts';

const [ID = ''] = GENERATIONS;
const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });
const done = { event: 'done', data: {} } as ChatEvent;

describe.skipIf(isPostgresMissing || noRedisServer !== '')(
  'the log when Redis fails (MILLRACE_POSTGRES, MILLRACE_REDIS_SERVER)',
  () => {
    let logs: LogDatabase;
    let server: RedisServer;
    const opened: { log: EventLog; redis: Redis }[] = [];
    beforeAll(async () => {
      logs = await createLogDatabase();
    });
    afterAll(() => logs.drop());
    beforeEach(async () => {
      await logs.reset();
      server = await RedisServer.start();
    });
    afterEach(async () => {
      for (const { log, redis } of opened.splice(0)) {
        await log.close();
        redis.close();
      }
      await server[Symbol.asyncDispose]();
    });

    async function openLog({
      retryWindowMs = 10_000,
      database = logs.database,
      prefix = KEY_PREFIX,
    } = {}): Promise<EventLog> {
      const redis = new Redis({ urls: [server.url], logger: SILENT_LOGGER });
      const log = new RedisEventLog({ redis, database, logger: SILENT_LOGGER, retryWindowMs, prefix });
      opened.push({ log, redis });
      await redis.open();
      return log;
    }

    /** The number of nodes that are connected. */
    async function connections(): Promise<number> {
      const isConnected = await Promise.allSettled(opened.map(({ redis }) => redis.send('GET', 'anything')));
      return isConnected.filter(({ status }) => status === 'fulfilled').length;
    }

    /** As when the node dies: all its connections are closed. */
    function crash(log: EventLog): void {
      opened.find((each) => each.log === log)?.redis.close();
    }

    async function write(writer: LogWriter, text: string): Promise<void> {
      for (const letter of text.split('')) {
        writer.append(letter === '|' ? done : delta(letter));
        await writer.flush();
      }
    }

    /** Follows a tail, and collects the text. */
    function listenTo(tail: EventTail, after: number): { seen: string } {
      const reader = { seen: '', cursor: after };
      const look = () => {
        while (reader.cursor < tail.last) {
          reader.cursor += 1;
          reader.seen += JSON.parse(tail.at(reader.cursor)?.data ?? '').text ?? '|';
        }
      };
      tail.subscribe(look);
      look();
      return reader;
    }

    async function saved(): Promise<number> {
      const [row] = await logs.database.query<{ last: number | null }>(
        'select max(last_sequence) as last from event_segments',
      );
      return row?.last ?? 0;
    }

    const untilSaved = (sequence: number) => vi.waitFor(async () => expect(await saved()).toBe(sequence));

    for (const loss of ['nothing', 'newest', 'all'] as const) {
      test(`when Redis crashes and loses ${loss} while the writer lives, no reader misses an event`, async () => {
        const [log, elsewhere] = [await openLog(), await openLog()];
        const writer = await log.writer(ID, NODE, { isNew: true });
        await write(writer, 'abc');
        await untilSaved(3);
        await server.saveState();
        await write(writer, 'def');
        const near = listenTo(await log.open(ID, 0), 0);
        const far = listenTo(await elsewhere.open(ID, 0), 0);
        await server.kill(loss);
        for (const letter of 'gh') writer.append(delta(letter));
        await server.restart();
        await writer.flush();
        const late = listenTo(await elsewhere.open(ID, 6), 6);
        await write(writer, 'i|');
        await vi.waitFor(() => expect(far.seen).toBe('abcdefghi|'));
        expect([near.seen, late.seen]).toEqual(['abcdefghi|', 'ghi|']);
        const second = listenTo(await (await openLog()).open(ID, 0), 0);
        expect(second.seen).toBe('abcdefghi|');
      });
    }

    test('an idle log is restored too, as soon as Redis is reachable', async () => {
      const log = await openLog();
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc');
      await server.kill('all');
      await server.restart();
      await vi.waitFor(async () => expect(await server.ask('EXISTS', `${KEY_PREFIX}{${ID}}:fence`)).toBe(1));
      crash(log);
      await logs.database.write(() => expireNode(logs.database.builder));
      const newOwner = await (await openLog()).writer(ID, NEW_OWNER);
      expect(newOwner.tail.last).toBe(3);
    });

    test('a reader that has seen more than Redis holds waits for the writer, and gets no error', async () => {
      const [log, elsewhere] = [await openLog(), await openLog()];
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abcdef');
      await server.ask('FLUSHALL');
      const tail = await elsewhere.open(ID, 6);
      expect(tail.last).toBe(6);
      const reader = listenTo(tail, 6);
      await write(writer, 'g|');
      await vi.waitFor(() => expect(reader.seen).toBe('g|'));
    });

    for (const loss of ['newest', 'all'] as const) {
      test(`when Redis loses ${loss} and the writer dies too, the saved log continues with higher sequences, and readers must reopen it`, async () => {
        const [log, elsewhere] = [await openLog(), await openLog()];
        const writer = await log.writer(ID, NODE, { isNew: true });
        await write(writer, 'abc');
        await untilSaved(3);
        await server.saveState();
        const tail = await elsewhere.open(ID, 0);
        const reader = listenTo(tail, 0);
        await write(writer, 'def');
        await vi.waitFor(() => expect(reader.seen).toBe('abcdef'));
        await server.kill(loss);
        crash(log);
        await logs.database.write(() => expireNode(logs.database.builder));
        await server.restart();

        const newOwner = await vi.waitFor(async () => (await openLog()).writer(ID, NEW_OWNER));
        expect(newOwner.tail.events().map(({ data }) => JSON.parse(data).text)).toEqual(['a', 'b', 'c']);
        expect(newOwner.tail.last).toBe(1_000_003);
        newOwner.append(done);
        await newOwner.flush();
        newOwner.release();
        await logs.database.write(() => endGeneration(logs.database.builder, ID, 1, newOwner.tail.last));
        await vi.waitFor(() => expect(tail.isLost).toBe(true));
        expect(reader.seen).toBe('abcdef');
        expect((await elsewhere.open(ID, 0)).last).toBe(0);
      });
    }

    test('a node that doesn’t know of the takeover can’t write, although Redis has lost the fence', async () => {
      const log = await openLog();
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc');
      await server.ask('FLUSHALL');
      await logs.database.write(() => expireNode(logs.database.builder));
      writer.append(delta('too late'));
      await expect(writer.flush()).rejects.toMatchObject({ name: 'LeaseLostError' });
      expect(await server.ask('KEYS', '*')).toEqual([]);
    });

    test('a node whose log the new owner deleted doesn’t write it again, although it had ended', async () => {
      const held = Promise.withResolvers<void>();
      const database = logs.connect();
      const query = database.query.bind(database);
      // As a node that is frozen after it published the end.
      vi.spyOn(database, 'query').mockImplementation(async (text, parameters) => {
        if (/delete from event_segments/.test(text)) await held.promise;
        return query(text, parameters);
      });
      const writer = await (await openLog({ database })).writer(ID, NODE, { isNew: true });
      await write(writer, 'abc');
      const reader = listenTo(writer.tail, 0);
      const ending = write(writer, '|');
      await vi.waitFor(() => expect(reader.seen).toBe('abc|'));
      await server.ask('FLUSHALL');
      await logs.database.write(() => expireNode(logs.database.builder));
      const newOwner = await (await openLog()).writer(ID, NEW_OWNER);
      newOwner.append(done);
      await newOwner.flush();
      newOwner.release();
      held.resolve();
      await expect(ending).rejects.toMatchObject({ name: 'LeaseLostError' });
      expect(await saved()).toBe(0);
    });

    test('a writer whose log was taken over fails within two seconds, although the new owner doesn’t write', async () => {
      const log = await openLog();
      const writer = await log.writer(ID, NODE, { isNew: true });
      await logs.database.write(() => expireNode(logs.database.builder));
      await vi.waitFor(() => {
        writer.append(delta('x'));
        expect(writer.failure.aborted).toBe(true);
      });
      await expect(writer.flush()).rejects.toMatchObject({ name: 'LeaseLostError' });
    });

    test('an ended reply is read from PostgreSQL, and expires in Redis', async () => {
      const log = await openLog();
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc|');
      await untilSaved(4);
      await vi.waitFor(async () => {
        for (const key of (await server.ask('KEYS', '*')) as string[]) {
          expect(Number(await server.ask('TTL', key))).toBeLessThanOrEqual(60);
        }
      });
      const elsewhere = await openLog();
      await server.kill('all');
      expect(listenTo(await elsewhere.open(ID, 0), 0).seen).toBe('abc|');
      expect((await elsewhere.open(ID, 4)).hasEnded).toBe(true);
    });

    test('readers get the end at once, and it counts as written when PostgreSQL has the whole log', async () => {
      const log = await openLog();
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc');
      const reader = listenTo(await log.open(ID, 0), 0);
      const client = await logs.database.pool.connect();
      await client.query('begin; lock table event_segments');
      let isFlushed = false;
      const ending = write(writer, '|').then(() => (isFlushed = true));
      await vi.waitFor(() => expect(reader.seen).toBe('abc|'));
      expect(isFlushed).toBe(false);
      await client.query('commit');
      client.release();
      await ending;
      expect(await saved()).toBe(4);
    });

    test('a new owner that finds an end in Redis alone saves it to PostgreSQL', async () => {
      const log = await openLog();
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc|');
      await logs.database.query('delete from event_segments');
      crash(log);
      await logs.database.write(() => expireNode(logs.database.builder));
      const newOwner = await (await openLog()).writer(ID, NEW_OWNER);
      expect(newOwner.tail.hasEnded).toBe(true);
      expect(await saved()).toBe(4);
    });

    test('saved events are trimmed in Redis and stay readable after any sequence, and every key expires', async () => {
      const [log, elsewhere] = [await openLog(), await openLog()];
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc');
      await untilSaved(3);
      await write(writer, 'def');
      await untilSaved(6);
      await vi.waitFor(async () => expect(await server.ask('XLEN', `${KEY_PREFIX}{${ID}}:events`)).toBe(3));
      for (const key of (await server.ask('KEYS', '*')) as string[]) {
        expect(Number(await server.ask('TTL', key))).toBeGreaterThan(1000);
      }
      for (let after = 0; after <= 6; after += 1) {
        expect(listenTo(await elsewhere.open(ID, after), after).seen).toBe('abcdef'.slice(after));
      }
    });

    test('when Redis is unreachable beyond the retry window the writer fails, and the next writer continues the log', async () => {
      const log = await openLog({ retryWindowMs: 300 });
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc');
      const near = listenTo(await log.open(ID, 0), 0);
      server.freeze();
      writer.append(delta('d'));
      await expect(writer.flush()).rejects.toMatchObject({ code: 'storage_failed' });
      expect(near.seen).toBe('abc');
      server.thaw();
      writer.release();
      const again = await vi.waitFor(() => log.writer(ID, NODE));
      await write(again, '|');
      // It is unknown whether the write succeeded.
      await vi.waitFor(() => expect(near.seen).toMatch(/^abcd?\|$/));
      expect(listenTo(await (await openLog()).open(ID, 0), 0).seen).toBe(near.seen);
    });

    test('a reader on another node misses nothing although its connection is cut repeatedly', async () => {
      const [log, elsewhere] = [await openLog(), await openLog()];
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'a');
      const reader = listenTo(await elsewhere.open(ID, 0), 0);
      for (const letter of 'bcdefg') {
        await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await write(writer, letter);
      }
      await write(writer, '|');
      await vi.waitFor(() => expect(reader.seen).toBe('abcdefg|'));
    });

    test('a write whose answer was lost is not repeated', async () => {
      const [log, elsewhere] = [await openLog(), await openLog()];
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'a');
      const reader = listenTo(await elsewhere.open(ID, 0), 0);
      let expected = 'a';
      for (let round = 0; round < 20; round += 1) {
        const letter = String.fromCodePoint(98 + round);
        writer.append(delta(letter));
        expected += letter;
        await server.ask('CLIENT', 'KILL', 'TYPE', 'normal');
      }
      await write(writer, '|');
      await vi.waitFor(() => expect(reader.seen).toBe(`${expected}|`));
      await untilSaved(22);
      expect(listenTo(await (await openLog()).open(ID, 0), 0).seen).toBe(`${expected}|`);
    });

    test('a write whose answer was lost is not repeated with the next one', async () => {
      const log = await openLog();
      const writer = await log.writer(ID, NODE, { isNew: true });
      await write(writer, 'a');
      server.freeze();
      writer.append(delta('b'));
      // Wait until the connection is given up.
      await vi.waitFor(async () => expect(await connections()).toBe(0), { interval: 20 });
      writer.append(delta('c'));
      server.thaw();
      await write(writer, '|');
      expect(listenTo(await (await openLog()).open(ID, 0), 0).seen).toBe('abc|');
      const rows = (await server.ask('XRANGE', `${KEY_PREFIX}{${ID}}:events`, '-', '+')) as [
        string,
        string[],
      ][];
      // Each entry begins with the number of its first event.
      expect(rows.map(([, [, entry = '']]) => entry.split('\n')[0])).toEqual(['1', '2', '3']);
    });

    test('events that protocol 1 left in Redis are not read: a running reply ends with its last checkpoint', async () => {
      const old = await openLog({ prefix: 'millrace:' });
      const writer = await old.writer(ID, NODE, { isNew: true });
      await write(writer, 'abc');
      await untilSaved(3);
      await write(writer, 'def');
      crash(old);
      await logs.database.write(() => expireNode(logs.database.builder));
      const log = await openLog();
      expect(listenTo(await log.open(ID, 0), 0).seen).toBe('abc');
      const newOwner = await log.writer(ID, NEW_OWNER);
      expect(newOwner.hasLostEvents).toBe(true);
      newOwner.append(done);
      await newOwner.flush();
      await logs.database.write(() => endGeneration(logs.database.builder, ID, 1, newOwner.tail.last));
      expect((await log.open(ID, 0, newOwner.tail.last)).last).toBe(0);
    });

    test('events of 64 KB are delivered', async () => {
      const [log, elsewhere] = [await openLog(), await openLog()];
      const writer = await log.writer(ID, NODE, { isNew: true });
      const reader = listenTo(await elsewhere.open(ID, 0), 0);
      const text = 'ü\n"'.repeat(16_000);
      for (let count = 0; count < 5; count += 1) writer.append(delta(text));
      await write(writer, '|');
      await vi.waitFor(() => expect(reader.seen === `${text.repeat(5)}|`).toBe(true));
    });
  },
);
