import type { QuotaCounter, QuotaCounters, QuotaSize, Taken } from '../../ports/quota-counters.ts';
import type { PostgresDatabase } from '../../store/postgres/postgres-database.ts';

interface Standing {
  points: number;
  /** Of the window (ms). */
  left: number;
}

/** The newest requests of a window, which may be made again at the same time. The older ones have begun, and are found as repeats. */
const REMEMBERED = 50;

/** Also a window of which all points were put back. */
const IS_OVER = '(kept.ends_at <= now() or kept.points < 1)';
const IS_KNOWN = '$2 = any(kept.requests)';

// The database's clock alone is asked, for those of the nodes differ.
const TAKE = `
  insert into quota_counts as kept (key, points, requests, ends_at)
  values ($1, 1, array[$2::text], now() + $4 * interval '1 ms')
  on conflict (key) do update set
    points = case when ${IS_OVER} then 1 when ${IS_KNOWN} then kept.points else kept.points + 1 end,
    requests = case when ${IS_OVER} then excluded.requests when ${IS_KNOWN} then kept.requests
      else (kept.requests || excluded.requests)[greatest(1, cardinality(kept.requests) + 2 - ${REMEMBERED}):] end,
    ends_at = case when ${IS_OVER} then excluded.ends_at else kept.ends_at end
  where ${IS_OVER} or ${IS_KNOWN} or kept.points < $3
  returning points, extract(epoch from ends_at - now()) * 1000 as left`;

const LOOK_UP = `
  select points, extract(epoch from ends_at - now()) * 1000 as left
  from quota_counts where key = $1 and ends_at > now()`;

const PUT_BACK = `
  update quota_counts set points = points - 1, requests = array_remove(requests, $2)
  where key = $1 and $2 = any(requests) and ends_at > now()`;

const PRUNE = 'delete from quota_counts where ends_at <= now()';

/** Quotas that all nodes with the same database share. While that is away nothing else works either: so it is a StorageError. */
export class PostgresQuotas implements QuotaCounters {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  counter({ name, points, window }: QuotaSize): QuotaCounter {
    const take = async (key: string, request: string): Promise<Taken> => {
      const row = `${name}:${key}`;
      const [taken] = await this.#database.query<Standing>(TAKE, [row, request, points, window]);
      if (taken !== undefined) return takenOf(true, points, taken);
      const [refused] = await this.#database.query<Standing>(LOOK_UP, [row]);
      // Its window ended in between.
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

function takenOf(isTaken: boolean, points: number, standing: Standing): Taken {
  return { isTaken, remaining: Math.max(0, points - standing.points), resetsIn: standing.left };
}
