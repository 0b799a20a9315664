import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { ChatEvent } from '@millrace/protocol';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { EventTail, LoggedEvent } from '../../../core/event-tail.ts';
import type { LogWriter } from '../../../ports/event-log.ts';
import { migrate } from '../../../store/migrations/migrate.ts';
import { registerNode } from '../../../store/transactions/nodes.ts';
import { QueryBuilder } from '../../../store/query-builder.ts';
import { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import { SqliteEventLog } from './sqlite-event-log.ts';

const NODE = 'node-1';
const IDS = ['AAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBB', 'CCCCCCCCCCCCCCCC'] as const;
/** So small that every run compacts. */
const LIMITS = { most: 6, kept: 3, delay: 0 };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What somebody may do to a log. */
type Step =
  | { do: 'append'; id: string; texts: string[] }
  | { do: 'flush'; id: string }
  /** The last event, flushed, and the instant it is noted for (ms). */
  | { do: 'end'; id: string; at: number }
  /** The writer hands over to another one. */
  | { do: 'release'; id: string }
  /** Somebody reads on from a place in what there is, from 0 to 1; `elsewhere` is another process. */
  | { do: 'open'; id: string; from: number; elsewhere: boolean }
  /** The event loop goes on: what is queued may be committed. */
  | { do: 'turn' }
  | { do: 'prune'; endedBefore: number }
  /** The process dies, and another one opens the file. */
  | { do: 'crash' };

const id = fc.constantFrom(...IDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append'),
      id,
      texts: fc.array(fc.string(), { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('flush'), id }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end'), id, at: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release'), id }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('open'),
      id,
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      elsewhere: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('prune'), endedBefore: fc.integer({ min: 1, max: 10 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash') }) },
);

/** What is known of one generation's log. */
interface Known {
  /** Everything appended, but for what a crash took. */
  appended: LoggedEvent[];
  /** How many of these are surely durable. */
  flushed: number;
  endedAt: number | null;
  isPruned: boolean;
}

interface Follower {
  id: string;
  after: number;
  tail: EventTail;
  /** What its subscription showed it, in order. */
  seen: LoggedEvent[];
  elsewhere: boolean;
  /** Whether it has heard of what is flushed; the others look at intervals. */
  isFed: boolean;
}

/** A log in a file, another process that reads it, and a model of both. */
class Model {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-log-model-'));
  readonly #file = join(this.#folder, 'log.db');
  #database = new SqliteDatabase(this.#file);
  #log: SqliteEventLog;
  readonly #elsewhere: { database: SqliteDatabase; log: SqliteEventLog };
  /** Sees only what is durable. */
  readonly #witness: DatabaseSync;
  readonly #known = new Map<string, Known>();
  readonly #writers = new Map<string, LogWriter>();
  #followers: Follower[] = [];

  constructor() {
    const builder = new QueryBuilder('sqlite');
    this.#database.writeNow(migrate(builder, 0));
    this.#database.writeNow(registerNode(builder, { id: NODE, renewals: 0, process: '' }));
    this.#log = new SqliteEventLog(this.#database, silent, LIMITS);
    const database = new SqliteDatabase(this.#file);
    this.#elsewhere = { database, log: new SqliteEventLog(database, silent, LIMITS) };
    this.#witness = new DatabaseSync(this.#file);
    this.#witness.exec('pragma foreign_keys = off');
    for (const id of IDS) {
      this.#known.set(id, { appended: [], flushed: 0, endedAt: null, isPruned: false });
      this.#witness
        .prepare(
          `insert into generations (id, chat_id, message_id, user_id, status, node_id, model, prompt_estimate, created_at)
           values (?, '', ?, '', 'running', '', '', 0, 0)`,
        )
        .run(id, id);
    }
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'append':
        return this.#append(
          step.id,
          step.texts.map((text) => ({ event: 'delta', data: { text } })),
        );
      case 'flush':
        return this.#flush(step.id);
      case 'end':
        return this.#end(step.id, step.at);
      case 'release':
        return this.#release(step.id);
      case 'open':
        return this.#open(step);
      case 'turn':
        return setImmediate();
      case 'prune':
        return this.#prune(step.endedBefore);
      case 'crash':
        return this.#crash();
    }
  }

  /** The law: durable is a beginning of what was appended, and a tail shows exactly what is durable after its cursor. */
  check(): void {
    for (const [id, known] of this.#known) {
      const durable = this.#durable(id);
      if (known.isPruned) {
        expect(durable).toEqual([]);
        continue;
      }
      expect(durable).toEqual(known.appended.slice(0, durable.length));
      expect(durable.length).toBeGreaterThanOrEqual(known.flushed);
    }
    for (const follower of this.#followers) {
      const shown = shownBy(follower);
      const durable = this.#everDurable(follower.id).slice(follower.after);
      expect(shown).toEqual(durable.slice(0, shown.length));
      expect(follower.seen).toEqual(shown);
      const { flushed } = this.#of(follower.id);
      if (follower.isFed) expect(follower.after + shown.length).toBeGreaterThanOrEqual(flushed);
    }
  }

  /** Also those who look at intervals get everything. */
  async finish(): Promise<void> {
    for (const id of IDS) await this.#flush(id);
    this.check();
    await vi.waitFor(() => {
      for (const follower of this.#followers) {
        expect(follower.seen).toEqual(this.#everDurable(follower.id).slice(follower.after));
      }
    });
  }

  async close(): Promise<void> {
    for (const { database, log } of [{ database: this.#database, log: this.#log }, this.#elsewhere]) {
      await log.close();
      database.close();
    }
    this.#witness.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #append(id: string, events: ChatEvent[]): Promise<void> {
    const known = this.#of(id);
    if (known.endedAt !== null) return;
    const writer = this.#writers.get(id) ?? (await this.#log.writer(id, NODE));
    this.#writers.set(id, writer);
    for (const event of events) {
      writer.append(event);
      known.appended.push({ name: event.event, data: JSON.stringify(event.data) });
    }
  }

  async #flush(id: string): Promise<void> {
    await this.#writers.get(id)?.flush();
    const known = this.#of(id);
    if (!known.isPruned) known.flushed = known.appended.length;
  }

  async #end(id: string, at: number): Promise<void> {
    const known = this.#of(id);
    if (known.endedAt !== null) return;
    await this.#append(id, [{ event: 'done', data: { status: 'completed' } } as ChatEvent]);
    await this.#flush(id);
    known.endedAt = at;
    this.#witness
      .prepare('update generations set ended_at = ?, last_sequence = ? where id = ?')
      .run(at, known.appended.length, id);
    await this.#release(id);
  }

  async #release(id: string): Promise<void> {
    await this.#flush(id);
    this.#writers.get(id)?.release();
    this.#writers.delete(id);
    for (const follower of this.#followers) if (follower.id === id) follower.isFed = false;
  }

  async #open({ id, from, elsewhere }: { id: string; from: number; elsewhere: boolean }): Promise<void> {
    const after = Math.floor(from * this.#durable(id).length);
    const tail = await (elsewhere ? this.#elsewhere.log : this.#log).open(id, after);
    const follower: Follower = {
      id,
      after,
      tail,
      seen: [],
      elsewhere,
      // Not one who has seen what the writer has not been told yet: that it is durable.
      isFed: tail === this.#writers.get(id)?.tail,
    };
    const look = () => {
      for (let next = Math.max(after, tail.base) + follower.seen.length + 1; next <= tail.last; next += 1) {
        follower.seen.push(tail.at(next) ?? expect.fail(`No event ${next}`));
      }
    };
    tail.subscribe(look);
    look();
    // Of what was pruned before it came there is nothing to see, unless somebody follows it still.
    const { isPruned, appended } = this.#of(id);
    if (!isPruned) this.#followers.push(follower);
    else expect(tail.last).toBeLessThanOrEqual(appended.length);
  }

  async #prune(endedBefore: number): Promise<void> {
    const old = [...this.#known.values()].filter(
      ({ endedAt, isPruned }) => endedAt !== null && endedAt < endedBefore && !isPruned,
    );
    // A reader that looks at intervals and comes too late is told so by whoever opened it; see followGeneration.
    const ids = new Set<string>(IDS.filter((id) => old.includes(this.#of(id))));
    this.#followers = this.#followers.filter(({ id, tail }) => !ids.has(id) || tail.hasEnded);
    expect(await this.#log.prune(endedBefore)).toBe(old.length);
    for (const known of old) known.isPruned = true;
  }

  async #crash(): Promise<void> {
    // A closed file takes no more commits: what is queued is lost, as with the process.
    this.#database.close();
    await this.#log.close();
    this.#database = new SqliteDatabase(this.#file);
    this.#log = new SqliteEventLog(this.#database, silent, LIMITS);
    this.#writers.clear();
    for (const [id, known] of this.#known) {
      if (!known.isPruned) known.appended.length = this.#durable(id).length;
    }
    this.#followers = this.#followers.filter(({ tail, elsewhere }) => tail.hasEnded || elsewhere);
  }

  #of(id: string): Known {
    const known = this.#known.get(id);
    if (known === undefined) throw new Error(`No model of ${id}`);
    return known;
  }

  #durable(id: string): LoggedEvent[] {
    const rows = this.#witness
      .prepare('select name, data from events where generation_id = ? order by sequence')
      .all(id);
    return rows.map(({ name, data }) => ({ name, data }) as unknown as LoggedEvent);
  }

  /** Also what was pruned since. */
  #everDurable(id: string): LoggedEvent[] {
    return this.#of(id).isPruned ? this.#of(id).appended : this.#durable(id);
  }
}

function shownBy({ tail, after }: Follower): LoggedEvent[] {
  return tail
    .events()
    .slice(Math.max(0, after - tail.base))
    .map(({ name, data }) => ({ name, data }));
}

test('whatever is done to a log, a tail shows exactly the durable events after its cursor, in order', async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
      const model = new Model();
      try {
        for (const each of steps) {
          await model.take(each);
          model.check();
        }
        await model.finish();
      } finally {
        await model.close();
      }
    }),
    { numRuns: 60 },
  );
});
