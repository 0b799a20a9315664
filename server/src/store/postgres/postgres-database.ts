import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery } from 'kysely';
import { Pool, types } from 'pg';
import type { PoolClient } from 'pg';
import type { Logger } from '../../ports/logger.ts';
import type { Database } from '../../ports/database.ts';
import { KeyedTurns } from './keyed-turns.ts';
import { isLockQuery } from '../locks.ts';
import { asStorageError, isConflict, isLostConnection, isUnsent } from './postgres-errors.ts';
import { outliveConnections, verifyConnection } from './postgres-pool.ts';
import { QueryBuilder } from '../query-builder.ts';
import type { Transaction } from '../transaction.ts';

/** How long an answer is waited for: a little longer than PostgreSQL gives a statement (ms). */
const ANSWER_TIMEOUT = 12_000;
const CONNECTION_TIMEOUT = 5000;
/** How long a lost connection is tried anew before it is an error, and how often (ms). */
const PATIENCE = 3000;
const RETRY_INTERVAL = 100;
/** How often a transaction that met others is made anew. */
const MOST_CONFLICTS = 20;
/** Statements that each connection keeps a plan of. */
const MOST_PLANS = 500;

export interface PostgresOptions {
  url: string;
  /** Of this process, at most. */
  connections: number;
  logger: Logger;
  /** Whether statements may take as long as they like. */
  hasNoTimeout?: boolean;
}

/** 64-bit integers and sums are numbers to us: tokens and milliseconds stay far below 2^53. */
const NUMBERS = new Set([20, 1700]);
const parsers = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    NUMBERS.has(id) ? Number : types.getTypeParser(id, format)) as typeof types.getTypeParser,
};

interface Bounds {
  begin: string;
  end: string;
  /** It changes nothing, so it may be made anew whatever became of its end. */
  isRead: boolean;
}

const READ: Bounds = {
  begin: 'begin isolation level repeatable read, read only',
  end: 'commit',
  isRead: true,
};
// Each statement sees what was committed before it: so whoever has waited for a lock sees what its holder did.
const WRITE: Bounds = { begin: 'begin isolation level read committed', end: 'commit', isRead: false };

/** The connections of this process to a PostgreSQL database. */
export class PostgresDatabase implements Database {
  readonly builder = new QueryBuilder('postgres');
  readonly pool: Pool;
  /** Those who would wait for a lock of their own process don't hold a connection meanwhile. */
  readonly #turns = new KeyedTurns();
  readonly #plans = new Map<string, string>();

  readonly #options: PostgresOptions;

  constructor(options: PostgresOptions) {
    const { url, connections, logger, hasNoTimeout = false } = options;
    this.#options = options;
    this.pool = new Pool({
      connectionString: url,
      max: connections,
      types: parsers,
      pipeline: true,
      application_name: 'millrace',
      ...(!hasNoTimeout && { query_timeout: ANSWER_TIMEOUT }),
      connectionTimeoutMillis: CONNECTION_TIMEOUT,
      keepAlive: true,
      verify: verifyConnection({ hasNoTimeout }),
    });
    outliveConnections(this.pool, logger);
  }

  write<Result>(make: () => Transaction<Result>): Promise<Result> {
    return this.#untilThrough(() => this.#transact(WRITE, make));
  }

  read<Result>(make: () => Transaction<Result>): Promise<Result> {
    return this.#untilThrough(() => this.#transact(READ, make));
  }

  /** Writes what may take long: changes of tables that are full. */
  async writeWithoutTimeout<Result>(make: () => Transaction<Result>): Promise<Result> {
    const database = new PostgresDatabase({ ...this.#options, connections: 1, hasNoTimeout: true });
    try {
      return await database.write(make);
    } finally {
      await database.close();
    }
  }

  /** Runs one statement that may be run twice. @throws StorageError */
  query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.#untilThrough(async () => {
      const { rows } = await notCommitted(() => this.pool.query(this.#named(text, parameters)));
      return rows as Row[];
    });
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** Makes anew what met others, and what lost its connection before it was committed. */
  async #untilThrough<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + PATIENCE;
    for (let conflicts = 0; ;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof NotCommitted)) throw error;
        const { cause } = error;
        const isWorthwhile = isConflict(cause)
          ? (conflicts += 1) <= MOST_CONFLICTS
          : isLostConnection(cause) && performance.now() < deadline;
        if (!isWorthwhile) throw asStorageError(cause);
        if (!isConflict(cause)) await sleep(RETRY_INTERVAL);
      }
    }
  }

  async #transact<Result>({ begin, end, isRead }: Bounds, make: () => Transaction<Result>): Promise<Result> {
    const script = make();
    let step = script.next([]);
    if (step.done === true) return step.value;
    const endTurn = isLockQuery(step.value) ? await this.#turns.take(step.value.lockName) : null;
    try {
      const client = await notCommitted(() => this.pool.connect());
      let broken: Error | undefined;
      try {
        const begun = client.query(begin);
        // Sent at once with the first query, whose failure is told by that.
        begun.catch(() => {});
        while (step.done !== true) step = script.next(await this.#rows(client, step.value));
        await begun;
        await (isRead ? notCommitted : committed)(() => client.query(end));
        return step.value;
      } catch (error) {
        broken = await undo(client, error);
        throw error;
      } finally {
        client.release(broken);
      }
    } finally {
      endTurn?.();
    }
  }

  async #rows(client: PoolClient, { sql, parameters }: CompiledQuery): Promise<readonly unknown[]> {
    const { rows } = await notCommitted(() => client.query(this.#named(sql, parameters)));
    return rows as unknown[];
  }

  /** A statement with a name is planned once on each connection. */
  #named(text: string, parameters: readonly unknown[]) {
    let name = this.#plans.get(text);
    if (name === undefined && this.#plans.size < MOST_PLANS) {
      name = `millrace_${this.#plans.size}`;
      this.#plans.set(text, name);
    }
    return { name, text, values: parameters.map(storable) };
  }
}

/** A failure of PostgreSQL before anything was committed: the same may be tried again. */
class NotCommitted extends Error {
  constructor(cause: unknown) {
    super('Not committed', { cause });
  }
}

async function notCommitted<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new NotCommitted(error);
  }
}

/** What goes wrong here is known to nobody: whether it is committed is to be looked up by whoever tries again. */
async function committed(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw isConflict(error) || isUnsent(error) ? new NotCommitted(error) : asStorageError(error);
  }
}

/** Leaves the transaction. @returns why the connection can't be used again, if it can't */
async function undo(client: PoolClient, reason: unknown): Promise<Error | undefined> {
  const cause = reason instanceof NotCommitted ? reason.cause : null;
  if (cause !== null && isLostConnection(cause)) return cause as Error;
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** PostgreSQL's text holds any character but U+0000. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}
