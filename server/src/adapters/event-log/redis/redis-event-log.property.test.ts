import { setImmediate } from 'node:timers/promises';
import type { ChatEvent } from '@millrace/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { EventTail } from '../../../core/event-tail.ts';
import { GENERATIONS, NEW_OWNER, NODE } from '../../../ports/event-log.contract.ts';
import type { LogWriter } from '../../../ports/event-log.ts';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { noRedisServer, RedisServer } from '../../../../../test/support/redis-server.ts';
import { Redis } from '../../redis/redis.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { playSteps } from '../play-steps.fixture.ts';
import { createLogDatabase } from '../postgres/postgres-logs.fixture.ts';
import type { LogDatabase } from '../postgres/postgres-logs.fixture.ts';
import { RedisEventLog } from './redis-event-log.ts';
import { expireNode } from '../running-generations.fixture.ts';

const [ID = ''] = GENERATIONS;

type Step =
  | { do: 'append'; count: number }
  | { do: 'flush' }
  | { do: 'turn' }
  /** Opens a reader at a fraction of the log, from 0 to 1; `elsewhere` is another node. */
  | { do: 'open'; from: number; elsewhere: boolean }
  | { do: 'cut'; connections: 'pubsub' | 'normal' }
  | { do: 'restart'; loss: 'nothing' | 'all' }
  /** Redis loses all its data, and no client notices. */
  | { do: 'forget' }
  /** The node that writes dies, and the new owner continues. */
  | { do: 'takeOver' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('append'), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('flush') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('open'),
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      elsewhere: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('cut'), connections: fc.constantFrom('pubsub', 'normal') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('restart'), loss: fc.constantFrom('nothing', 'all') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takeOver') }) },
);

interface Node {
  log: RedisEventLog;
  redis: Redis;
}

/** One log, the node that writes it, another node that reads it, and the expected content. */
class Model {
  readonly #logs: LogDatabase;
  readonly #server: RedisServer;
  readonly #nodes: Node[] = [];
  readonly #readers: { tail: EventTail; after: number; seen: number[] }[] = [];
  #writing!: Node;
  #elsewhere!: Node;
  #writer!: LogWriter;
  #isTakenOver = false;
  #appended = 0;
  #flushed = 0;

  constructor(logs: LogDatabase, server: RedisServer) {
    this.#logs = logs;
    this.#server = server;
  }

  async start(): Promise<void> {
    await this.#logs.reset();
    await this.#server.ask('FLUSHALL');
    [this.#writing, this.#elsewhere] = [await this.#open(), await this.#open()];
    this.#writer = await this.#writing.log.writer(ID, NODE, { isNew: true });
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'append':
        return this.#append(step.count);
      case 'flush':
        return this.#flush();
      case 'turn':
        await setImmediate();
        return;
      case 'open':
        return this.#read(step.elsewhere ? this.#elsewhere : this.#writing, step.from);
      case 'cut':
        await this.#server.ask('CLIENT', 'KILL', 'TYPE', step.connections);
        return;
      case 'restart':
        await this.#server.kill(step.loss);
        return this.#server.restart();
      case 'forget':
        await this.#server.ask('FLUSHALL');
        return;
      case 'takeOver':
        return this.#takeOver();
    }
  }

  /** Law 3: every reader has seen a prefix of the events after its cursor, in order and once. */
  check(): void {
    for (const { after, seen } of this.#readers) {
      expect(seen).toEqual(seen.map((_number, index) => after + index + 1));
      expect(after + seen.length).toBeLessThanOrEqual(this.#appended);
    }
    expect(this.#writer.tail.last).toBeGreaterThanOrEqual(this.#flushed);
  }

  /** In the end every reader has everything. */
  async finish(): Promise<void> {
    this.#append(1);
    await this.#flush();
    const { log } = await this.#open();
    expect(numbersOf(await log.open(ID, 0))).toEqual(
      Array.from({ length: this.#appended }, (_n, i) => i + 1),
    );
    await vi.waitFor(() => {
      for (const { after, seen } of this.#readers) expect(after + seen.length).toBe(this.#appended);
    });
    this.check();
  }

  async close(): Promise<void> {
    for (const { log, redis } of this.#nodes) {
      await log.close();
      redis.close();
    }
  }

  async #open(): Promise<Node> {
    const redis = new Redis({ urls: [this.#server.url], logger: SILENT_LOGGER });
    const log = new RedisEventLog({ redis, database: this.#logs.database, logger: SILENT_LOGGER });
    const node = { log, redis };
    this.#nodes.push(node);
    await redis.open();
    return node;
  }

  #append(count: number): void {
    for (let index = 0; index < count; index += 1) {
      this.#appended += 1;
      const event: ChatEvent = { event: 'delta', data: { text: String(this.#appended) } };
      this.#writer.append(event);
    }
  }

  async #flush(): Promise<void> {
    await this.#writer.flush();
    this.#flushed = this.#appended;
  }

  async #read({ log }: Node, from: number): Promise<void> {
    const after = Math.floor(from * this.#writer.tail.last);
    // Redis may be unreachable for a moment.
    const tail = await vi.waitFor(() => log.open(ID, after));
    const reader = { tail, after, seen: numbersOf(tail).filter((number) => number > after) };
    this.#readers.push(reader);
    tail.subscribe(() => {
      for (let next = after + reader.seen.length + 1; next <= tail.last; next += 1) {
        reader.seen.push(Number(JSON.parse(tail.at(next)?.data ?? '').text));
      }
    });
  }

  async #takeOver(): Promise<void> {
    if (this.#isTakenOver) return;
    this.#isTakenOver = true;
    // If Redis lost something at this moment, the log could not be continued.
    this.#append(1);
    await this.#flush();
    this.#append(3);
    await setImmediate();
    this.#writing.redis.close();
    const readers = this.#readers.filter(({ tail }) => tail !== this.#writer.tail);
    this.#readers.splice(0, Infinity, ...readers);
    await this.#logs.database.write(() => expireNode(this.#logs.database.builder));
    this.#writing = this.#elsewhere;
    this.#elsewhere = await this.#open();
    this.#writer = await vi.waitFor(() => this.#writing.log.writer(ID, NEW_OWNER));
    this.#appended = this.#writer.tail.last;
  }
}

function numbersOf(tail: EventTail): number[] {
  return tail.events().map(({ data }) => Number(JSON.parse(data).text));
}

describe.skipIf(isPostgresMissing || noRedisServer !== '')(
  'the log on Redis under random faults (MILLRACE_POSTGRES, MILLRACE_REDIS_SERVER)',
  () => {
    let logs: LogDatabase;
    let server: RedisServer;
    beforeAll(async () => {
      [logs, server] = await Promise.all([createLogDatabase(), RedisServer.start()]);
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await logs.drop();
    });

    test('with cut connections, a restarted or emptied Redis and a dead node, every reader gets every event once, in order', async () => {
      expect.hasAssertions();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
          const model = new Model(logs, server);
          await model.start();
          await playSteps(model, steps);
        }),
        { numRuns: Number(process.env['MILLRACE_RUNS'] ?? 12), endOnFailure: true },
      );
    });
  },
);
