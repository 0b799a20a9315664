import { API_USAGE_KEY } from '@millrace/protocol';
import type { ChatUsageSum, Discrepancy, UsageSum } from '@millrace/protocol';
import { sql } from 'kysely';
import type { QueryBuilder } from '../query-builder.ts';
import type { LedgerRow } from '../schema.ts';
import { all } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** Charges of one user and month, summed up by day, by model and by chat. */
export function* usageOf(
  db: QueryBuilder,
  userId: string,
  period: string,
): Script<{ days: UsageSum[]; models: UsageSum[]; chats: ChatUsageSum[] }> {
  const charges = yield* all(
    db
      .selectFrom('ledger_entries')
      .select(['chat_id', 'model', 'usage_source', 'tokens', 'cost_micros', 'created_at'])
      .where('user_id', '=', userId)
      .where('period', '=', period)
      .where('kind', '=', 'charge')
      .orderBy('created_at'),
  );
  const views = { days: new Sums(), models: new Sums(), chats: new Sums() };
  for (const charge of charges) {
    views.days.add(new Date(charge.created_at).toISOString().slice(0, 10), charge);
    views.models.add(charge.model ?? '', charge);
    views.chats.add(charge.chat_id ?? API_USAGE_KEY, charge);
  }
  const titles = yield* titlesOf(db, userId);
  const chats = views.chats.list().map((sum): ChatUsageSum => ({
    ...sum,
    title: titles.get(sum.key) ?? null,
    isDeleted: sum.key !== API_USAGE_KEY && !titles.has(sum.key),
  }));
  return { days: views.days.list(), models: views.models.list(), chats };
}

/** Of the chats somebody has and hasn't deleted, by their ids. */
function* titlesOf(db: QueryBuilder, userId: string): Script<Map<string, string | null>> {
  const chats = yield* all(
    db
      .selectFrom('chats')
      .select(['id', 'title'])
      .where('owner_id', '=', userId)
      .where('deleted_at', 'is', null),
  );
  return new Map(chats.map(({ id, title }) => [id, title]));
}

class Sums {
  readonly #sums = new Map<string, UsageSum>();

  add(
    key: string,
    {
      tokens,
      cost_micros: costMicros,
      usage_source: usageSource,
    }: Pick<LedgerRow, 'tokens' | 'cost_micros' | 'usage_source'>,
  ): void {
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      const tokensBySource = { provider: 0, tokenizer: 0, estimate: 0 };
      sum = { key, replies: 0, tokens: 0, costMicros: 0, tokensBySource };
      this.#sums.set(key, sum);
    }
    sum.replies += 1;
    sum.tokens += tokens;
    sum.costMicros += costMicros;
    if (usageSource !== null) sum.tokensBySource[usageSource] += tokens;
  }

  list(): UsageSum[] {
    return [...this.#sums.values()];
  }
}

const COLUMNS = ['granted', 'used', 'reserved', 'granted_micros', 'used_micros', 'reserved_micros'] as const;

/** What the entries say; a month somebody has no balance of is all zeros. */
export function* checkLedger(db: QueryBuilder): Script<Discrepancy[]> {
  return [...(yield* wrongBalances(db)), ...(yield* wrongGenerations(db))];
}

function* wrongBalances(db: QueryBuilder): Script<Discrepancy[]> {
  const sum = (unit: 'tokens' | 'cost_micros', kind: string) =>
    sql<number>`coalesce(sum(case when kind = ${sql.lit(kind)} then ${sql.ref(unit)} else 0 end), 0)`;
  const sums = yield* all(
    db
      .selectFrom('ledger_entries')
      .select([
        'user_id',
        'period',
        sum('tokens', 'grant').as('granted'),
        sum('tokens', 'charge').as('used'),
        sql<number>`${sum('tokens', 'reservation')} - ${sum('tokens', 'release')}`.as('reserved'),
        sum('cost_micros', 'grant').as('granted_micros'),
        sum('cost_micros', 'charge').as('used_micros'),
        sql<number>`${sum('cost_micros', 'reservation')} - ${sum('cost_micros', 'release')}`.as(
          'reserved_micros',
        ),
      ])
      .groupBy(['user_id', 'period']),
  );
  const kept = new Map(
    (yield* all(db.selectFrom('ledger_balances').selectAll())).map((row) => [keyOf(row), row] as const),
  );
  const wrong: Discrepancy[] = [];
  for (const expected of sums) {
    const found = kept.get(keyOf(expected));
    kept.delete(keyOf(expected));
    for (const column of COLUMNS) {
      if ((found?.[column] ?? 0) === expected[column]) continue;
      wrong.push({
        what: `${column} of ${expected.period}`,
        userId: expected.user_id,
        generationId: null,
        expected: expected[column],
        found: found?.[column] ?? 0,
      });
    }
  }
  for (const row of kept.values()) {
    const found = COLUMNS.reduce((total, column) => total + row[column], 0);
    if (found === 0) continue;
    wrong.push({
      what: `balance of ${row.period}`,
      userId: row.user_id,
      generationId: null,
      expected: 0,
      found,
    });
  }
  return wrong;
}

/** One reservation each; one release of as much once it has ended, none before; never charged beyond it. */
function* wrongGenerations(db: QueryBuilder): Script<Discrepancy[]> {
  const of = (kind: string, unit: 'tokens' | 'cost_micros') =>
    sql<number>`coalesce(sum(case when entry.kind = ${sql.lit(kind)} then ${sql.ref(`entry.${unit}`)} end), 0)`;
  const count = (kind: string) =>
    sql<number>`coalesce(sum(case when entry.kind = ${sql.lit(kind)} then 1 end), 0)`;
  const rows = yield* all(
    db
      .selectFrom('generations')
      .leftJoin('ledger_entries as entry', 'entry.generation_id', 'generations.id')
      .select([
        'generations.id',
        'generations.user_id',
        'generations.status',
        count('reservation').as('reservations'),
        count('release').as('releases'),
        of('reservation', 'tokens').as('reserved'),
        of('release', 'tokens').as('released'),
        of('charge', 'tokens').as('charged'),
        of('reservation', 'cost_micros').as('reservedMicros'),
        of('charge', 'cost_micros').as('chargedMicros'),
      ])
      .groupBy(['generations.id', 'generations.user_id', 'generations.status']),
  );
  const wrong: Discrepancy[] = [];
  for (const row of rows) {
    const check = (what: string, expected: number, found: number, isRight = expected === found) => {
      if (isRight) return;
      wrong.push({ what, userId: row.user_id, generationId: row.id, expected, found });
    };
    const hasEnded = row.status !== 'running';
    check('reservations', 1, row.reservations);
    check('releases', hasEnded ? 1 : 0, row.releases);
    if (hasEnded) check('released tokens', row.reserved, row.released);
    check('charged tokens', row.reserved, row.charged, row.charged <= row.reserved);
    check(
      'charged micro-dollars',
      row.reservedMicros,
      row.chargedMicros,
      row.chargedMicros <= row.reservedMicros,
    );
  }
  return wrong;
}

function keyOf({ user_id, period }: { user_id: string; period: string }): string {
  return `${period} ${user_id}`;
}
