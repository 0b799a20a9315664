import type { Discrepancy } from '@millrace/protocol';
import { sql } from 'kysely';
import { all } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

const COLUMNS = ['granted', 'used', 'reserved', 'granted_micros', 'used_micros', 'reserved_micros'] as const;

/** Adds up the ledger again. @returns where the sums differ from what is stored */
export function* checkLedger(tx: TransactionContext): Transaction<Discrepancy[]> {
  return [...(yield* checkBalances(tx)), ...(yield* checkGenerations(tx))];
}

/** Compares each balance with its entries. A missing balance counts as zero. */
function* checkBalances(tx: TransactionContext): Transaction<Discrepancy[]> {
  const sum = (unit: 'tokens' | 'cost_micros', kind: string) =>
    sql<number>`coalesce(sum(case when kind = ${sql.lit(kind)} then ${sql.ref(unit)} else 0 end), 0)`;
  const sums = yield* all(
    tx.db
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
  const stored = new Map(
    (yield* all(tx.db.selectFrom('ledger_balances').selectAll())).map((row) => [keyOf(row), row] as const),
  );
  const wrong: Discrepancy[] = [];
  for (const expected of sums) {
    const found = stored.get(keyOf(expected));
    stored.delete(keyOf(expected));
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
  for (const row of stored.values()) {
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

/** Checks that each generation has one reservation, one release of it once it has ended and none before, and no higher charge. */
function* checkGenerations(tx: TransactionContext): Transaction<Discrepancy[]> {
  const of = (kind: string, unit: 'tokens' | 'cost_micros') =>
    sql<number>`coalesce(sum(case when entry.kind = ${sql.lit(kind)} then ${sql.ref(`entry.${unit}`)} end), 0)`;
  const count = (kind: string) =>
    sql<number>`coalesce(sum(case when entry.kind = ${sql.lit(kind)} then 1 end), 0)`;
  const rows = yield* all(
    tx.db
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
