import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery } from 'kysely';
import { Pool, types } from 'pg';
import type { PoolClient } from 'pg';
import type { Logger } from '../../ports/logger.ts';
import type { Database } from '../../ports/database.ts';
import { KeyedTurns } from './keyed-turns.ts';
import { isLockQuery } from '../locks.ts';
import { asStorageError, isConflict, isLostConnection, isUnsent } from './postgres-errors.ts';
import { handleLostConnections, verifyConnection } from './postgres-pool.ts';
import { QueryBuilder } from '../query-builder.ts';
import type { Transaction } from '../transaction.ts';

/** A little longer than the `statement_timeout` of PostgreSQL. */
const QUERY_TIMEOUT_MS = 12_000;
const CONNECTION_TIMEOUT_MS = 5000;
/** How long a transaction is retried after its connection was lost. */
const RECONNECT_WINDOW_MS = 3000;
const RETRY_INTERVAL_MS = 100;
/** How often a transaction is retried after conflicts with others. */
const MAX_CONFLICTS = 20;
/** How many statements each connection keeps a plan of. */
const MAX_PLANS = 500;

export interface PostgresOptions {
  url: string;
  /** The most connections of this process. */
  connections: number;
  logger: Logger;
  /** Whether statements may run without a timeout. */
  hasNoTimeout?: boolean;
}

/** The types bigint and numeric, which are parsed as numbers: tokens and milliseconds stay far below 2^53. */
const NUMBERS = new Set([20, 1700]);
const parsers = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    NUMBERS.has(id) ? Number : types.getTypeParser(id, format)) as typeof types.getTypeParser,
};

interface Bounds {
  begin: string;
  end: string;
  /** Whether it changes nothing, so that it may be retried even if its commit fails. */
  isRead: boolean;
}

const READ: Bounds = {
  begin: 'begin isolation level repeatable read, read only',
  end: 'commit',
  isRead: true,
};
// Each statement sees what was committed before it, so that a transaction that waited for a lock sees what the holder wrote.
const WRITE: Bounds = { begin: 'begin isolation level read committed', end: 'commit', isRead: false };

/** The connections of this process to a PostgreSQL database. */
export class PostgresDatabase implements Database {
  readonly builder = new QueryBuilder('postgres');
  readonly pool: Pool;
  /** Lets transactions of this process wait for the same lock without holding a connection. */
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
      ...(!hasNoTimeout && { query_timeout: QUERY_TIMEOUT_MS }),
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      keepAlive: true,
      verify: verifyConnection({ hasNoTimeout }),
    });
    handleLostConnections(this.pool, logger);
  }

  write<Result>(begin: () => Transaction<Result>): Promise<Result> {
    return this.#retry(() => this.#transact(WRITE, begin));
  }

  read<Result>(begin: () => Transaction<Result>): Promise<Result> {
    return this.#retry(() => this.#transact(READ, begin));
  }

  /** Writes without a timeout, for migrations of large tables. */
  async writeWithoutTimeout<Result>(begin: () => Transaction<Result>): Promise<Result> {
    const database = new PostgresDatabase({ ...this.#options, connections: 1, hasNoTimeout: true });
    try {
      return await database.write(begin);
    } finally {
      await database.close();
    }
  }

  /** Runs one statement, which may run twice. @throws StorageError */
  query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.#retry(async () => {
      const { rows } = await notCommitted(() => this.pool.query(this.#named(text, parameters)));
      return rows as Row[];
    });
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** Retries after conflicts with other transactions, and after a connection was lost before the commit. */
  async #retry<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + RECONNECT_WINDOW_MS;
    for (let conflicts = 0; ;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof NotCommitted)) throw error;
        const { cause } = error;
        const canRetry = isConflict(cause)
          ? (conflicts += 1) <= MAX_CONFLICTS
          : isLostConnection(cause) && performance.now() < deadline;
        if (!canRetry) throw asStorageError(cause);
        if (!isConflict(cause)) await sleep(RETRY_INTERVAL_MS);
      }
    }
  }

  async #transact<Result>(bounds: Bounds, start: () => Transaction<Result>): Promise<Result> {
    const transaction = start();
    let step = transaction.next([]);
    if (step.done === true) return step.value;
    const endTurn = isLockQuery(step.value) ? await this.#turns.take(step.value.lockName) : null;
    try {
      const client = await notCommitted(() => this.pool.connect());
      let broken: Error | undefined;
      try {
        const begun = client.query(bounds.begin);
        // It is sent together with the first query, which reports the failure.
        begun.catch(() => {});
        while (step.done !== true) step = transaction.next(await this.#rows(client, step.value));
        await begun;
        await (bounds.isRead ? notCommitted : committed)(() => client.query(bounds.end));
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

  /** PostgreSQL plans a named statement once for each connection. */
  #named(text: string, parameters: readonly unknown[]) {
    let name = this.#plans.get(text);
    if (name === undefined && this.#plans.size < MAX_PLANS) {
      name = `millrace_${this.#plans.size}`;
      this.#plans.set(text, name);
    }
    return { name, text, values: parameters.map(storable) };
  }
}

/** Thrown when PostgreSQL failed before the commit, so that the transaction may be retried. */
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

/** After a failure here the outcome is unknown: a caller that retries must look up whether the transaction was committed. */
async function committed(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw isConflict(error) || isUnsent(error) ? new NotCommitted(error) : asStorageError(error);
  }
}

/** Rolls the transaction back. @returns an error when the connection can't be used again */
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

/** PostgreSQL's text type can't contain U+0000. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}
