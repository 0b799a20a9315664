import type { QuotaCounter, QuotaCounters, QuotaSize, Taken } from '../../ports/quota-counters.ts';
import type { PostgresDatabase } from '../../store/postgres/postgres-database.ts';

interface Window {
  points: number;
  resetsInMs: number;
}

/** The newest requests of a window are remembered, because they may be repeated. Older ones have begun, and are recognized as repeats. */
const MAX_REQUESTS = 50;

/** A window also ends when all its points were put back. */
const IS_OVER = '(counts.ends_at <= now() or counts.points < 1)';
const IS_KNOWN = '$2 = any(counts.requests)';

// Only the database's clock counts, because the clocks of nodes differ.
const TAKE = `
  insert into quota_counts as counts (key, points, requests, ends_at)
  values ($1, 1, array[$2::text], now() + $4 * interval '1 ms')
  on conflict (key) do update set
    points = case when ${IS_OVER} then 1 when ${IS_KNOWN} then counts.points else counts.points + 1 end,
    requests = case when ${IS_OVER} then excluded.requests when ${IS_KNOWN} then counts.requests
      else (counts.requests || excluded.requests)[greatest(1, cardinality(counts.requests) + 2 - ${MAX_REQUESTS}):] end,
    ends_at = case when ${IS_OVER} then excluded.ends_at else counts.ends_at end
  where ${IS_OVER} or ${IS_KNOWN} or counts.points < $3
  returning points, extract(epoch from ends_at - now()) * 1000 as "resetsInMs"`;

const LOOK_UP = `
  select points, extract(epoch from ends_at - now()) * 1000 as "resetsInMs"
  from quota_counts where key = $1 and ends_at > now()`;

const PUT_BACK = `
  update quota_counts set points = points - 1, requests = array_remove(requests, $2)
  where key = $1 and $2 = any(requests) and ends_at > now()`;

const PRUNE = 'delete from quota_counts where ends_at <= now()';

/** Quotas that all nodes with the same database share. An unreachable database is a StorageError: nothing else works either. */
export class PostgresQuotas implements QuotaCounters {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  counter({ name, points, windowMs }: QuotaSize): QuotaCounter {
    const take = async (key: string, request: string): Promise<Taken> => {
      const row = `${name}:${key}`;
      const [taken] = await this.#database.query<Window>(TAKE, [row, request, points, windowMs]);
      if (taken !== undefined) return takenOf(true, points, taken);
      const [refused] = await this.#database.query<Window>(LOOK_UP, [row]);
      // The window ended in between.
      return refused === undefined ? take(key, request) : takenOf(false, points, refused);
    };
    return {
      take,
      putBack: async (key, request) =>
        void (await this.#database.query(PUT_BACK, [`${name}:${key}`, request])),
    };
  }

  async prune(): Promise<void> {
    await this.#database.query(PRUNE);
  }
}

function takenOf(isTaken: boolean, points: number, window: Window): Taken {
  return { isTaken, remaining: Math.max(0, points - window.points), resetsInMs: window.resetsInMs };
}
