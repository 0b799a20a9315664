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
import { playSteps } from '../play-steps.fixture.ts';

const NODE = 'node-1';
const IDS = ['AAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBB', 'CCCCCCCCCCCCCCCC'] as const;
/** Small enough that every run compacts. */
const LIMITS = { maxRows: 6, retainedRows: 3, delayMs: 0 };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** One operation on a log. */
type Step =
  | { do: 'append'; id: string; texts: string[] }
  | { do: 'flush'; id: string }
  /** Writes the terminal event, flushes it, and records this end (ms). */
  | { do: 'end'; id: string; at: number }
  /** The writer releases the log. */
  | { do: 'release'; id: string }
  /** Opens a reader at a fraction of the log, from 0 to 1; `elsewhere` is another process. */
  | { do: 'open'; id: string; from: number; elsewhere: boolean }
  /** One turn of the event loop: queued events may be committed. */
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

/** The expected state of one generation's log. */
interface Known {
  /** All appended events, except those that a crash has lost. */
  appended: LoggedEvent[];
  /** The number of events that must be durable. */
  flushed: number;
  endedAt: number | null;
  isPruned: boolean;
}

interface Follower {
  id: string;
  after: number;
  tail: EventTail;
  /** The events it has seen, in order. */
  seen: LoggedEvent[];
  elsewhere: boolean;
  /** Whether it follows the writer directly; the others poll. */
  isDirect: boolean;
}

/** A log in a file, another process that reads it, and the expected state of both. */
class Model {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-log-model-'));
  readonly #file = join(this.#folder, 'log.db');
  #database = new SqliteDatabase(this.#file);
  #log: SqliteEventLog;
  readonly #elsewhere: { database: SqliteDatabase; log: SqliteEventLog };
  /** Reads what is committed. */
  readonly #inspector: DatabaseSync;
  readonly #known = new Map<string, Known>();
  readonly #writers = new Map<string, LogWriter>();
  #followers: Follower[] = [];

  constructor() {
    const builder = new QueryBuilder('sqlite');
    this.#database.writeNow(migrate({ db: builder, now: 0 }));
    this.#database.writeNow(registerNode({ db: builder }, { id: NODE, renewals: 0, process: '' }));
    this.#log = new SqliteEventLog(this.#database, silent, LIMITS);
    const database = new SqliteDatabase(this.#file);
    this.#elsewhere = { database, log: new SqliteEventLog(database, silent, LIMITS) };
    this.#inspector = new DatabaseSync(this.#file);
    this.#inspector.exec('pragma foreign_keys = off');
    for (const id of IDS) {
      this.#known.set(id, { appended: [], flushed: 0, endedAt: null, isPruned: false });
      this.#inspector
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

  /** Law 3: the durable events are a prefix of the appended ones, and a tail shows exactly the durable events after its cursor. */
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
      if (follower.isDirect) expect(follower.after + shown.length).toBeGreaterThanOrEqual(flushed);
    }
  }

  /** Readers that poll get everything too. */
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
    this.#inspector.close();
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
    this.#inspector
      .prepare('update generations set ended_at = ?, last_sequence = ? where id = ?')
      .run(at, known.appended.length, id);
    await this.#release(id);
  }

  async #release(id: string): Promise<void> {
    await this.#flush(id);
    this.#writers.get(id)?.release();
    this.#writers.delete(id);
    for (const follower of this.#followers) if (follower.id === id) follower.isDirect = false;
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
      // A reader of an event that the writer doesn't know to be durable yet polls.
      isDirect: tail === this.#writers.get(id)?.tail,
    };
    const look = () => {
      for (let next = Math.max(after, tail.base) + follower.seen.length + 1; next <= tail.last; next += 1) {
        follower.seen.push(tail.at(next) ?? expect.fail(`No event ${next}`));
      }
    };
    tail.subscribe(look);
    look();
    // Nothing is left of a pruned log, unless its tail is still followed.
    const { isPruned, appended } = this.#of(id);
    if (!isPruned) this.#followers.push(follower);
    else expect(tail.last).toBeLessThanOrEqual(appended.length);
  }

  async #prune(endedBefore: number): Promise<void> {
    const old = [...this.#known.values()].filter(
      ({ endedAt, isPruned }) => endedAt !== null && endedAt < endedBefore && !isPruned,
    );
    // A reader that polls and comes too late gets a snapshot; see followGeneration.
    const ids = new Set<string>(IDS.filter((id) => old.includes(this.#of(id))));
    this.#followers = this.#followers.filter(({ id, tail }) => !ids.has(id) || tail.hasEnded);
    expect(await this.#log.prune(endedBefore)).toBe(old.length);
    for (const known of old) known.isPruned = true;
  }

  async #crash(): Promise<void> {
    // A closed file accepts no commits: queued events are lost, as in a crash.
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
    const rows = this.#inspector
      .prepare('select name, data from events where generation_id = ? order by sequence')
      .all(id);
    return rows.map(({ name, data }) => ({ name, data }) as unknown as LoggedEvent);
  }

  /** Including events that were pruned since. */
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

test('after any sequence of operations, a tail shows exactly the durable events after its cursor, in order', async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
      const model = new Model();
      await playSteps(model, steps);
    }),
    { numRuns: 60 },
  );
});
