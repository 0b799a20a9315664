import type { Spending } from '../../ports/user-store.ts';
import { prepared } from './prepared.ts';
import type { QueryBuilder } from './query-builder.ts';
import type { BalanceRow, GenerationRow, LedgerKind, LedgerRow } from './schema.ts';
import { all, execute, first } from './script.ts';
import type { Script } from './script.ts';

/** Makers of ids and the instant of the transaction. */
export interface Stamp {
  now: number;
  uuid(): string;
}

/** Whose budget an entry is of. */
interface Account {
  userId: string;
  generationId: string;
  /** See periodOf. */
  period: string;
}

const NOTHING: Spending = { used: 0, reserved: 0 };

const insertEntry = prepared((db, row: LedgerRow) => db.insertInto('ledger_entries').values(row));

/** The balance is what the entries add up to, kept so that a start needn't add up a month's. */
const addToBalance = prepared((db, row: BalanceRow) =>
  db
    .insertInto('ledger_balances')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'period']).doUpdateSet((balance) => ({
        used: balance('ledger_balances.used', '+', balance.ref('excluded.used')),
        reserved: balance('ledger_balances.reserved', '+', balance.ref('excluded.reserved')),
      })),
    ),
);

const settleBalance = prepared(
  (db, row: { user_id: string; period: string; charged: number; released: number }) =>
    db
      .updateTable('ledger_balances')
      .set(({ eb }) => ({
        used: eb('used', '+', row.charged),
        reserved: eb('reserved', '-', row.released),
      }))
      .where('user_id', '=', row.user_id)
      .where('period', '=', row.period),
);

const selectBalance = prepared((db, { userId, period }: { userId: string; period: string }) =>
  db
    .selectFrom('ledger_balances')
    .select(['used', 'reserved'])
    .where('user_id', '=', userId)
    .where('period', '=', period),
);

const selectReservation = prepared((db, { generationId }: { generationId: string }) =>
  db
    .selectFrom('ledger_entries')
    .selectAll()
    .where('generation_id', '=', generationId)
    .where('kind', '=', 'reservation'),
);

/** The calendar month an instant lies in, UTC: `2026-11`. */
export function periodOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

export function* spending(db: QueryBuilder, userId: string, period: string): Script<Spending> {
  return (yield* first(selectBalance(db, { userId, period }))) ?? NOTHING;
}

/** Of all users together. */
export function* totalSpending(db: QueryBuilder, period: string): Script<Spending> {
  const sums = yield* first(
    db
      .selectFrom('ledger_balances')
      .select(({ fn }) => [
        fn.sum<number | null>('used').as('used'),
        fn.sum<number | null>('reserved').as('reserved'),
      ])
      .where('period', '=', period),
  );
  return { used: sums?.used ?? 0, reserved: sums?.reserved ?? 0 };
}

export function* reserveTokens(
  db: QueryBuilder,
  tokens: number,
  account: Account,
  stamp: Stamp,
): Script<void> {
  yield* book(db, 'reservation', tokens, account, stamp);
  yield* execute(addToBalance(db, { ...balanceOf(account), used: 0, reserved: tokens }));
}

/** Charges at most what was reserved, gives the hold back, and lets the operator bear the rest. @returns the charge */
export function* settleLedger(
  db: QueryBuilder,
  generation: GenerationRow,
  usedTokens: number,
  stamp: Stamp,
): Script<number> {
  const generationId = generation.id;
  const reservation = yield* first(selectReservation(db, { generationId }));
  if (reservation === undefined) throw new Error(`Generation ${generationId} has no reservation`);
  const account = { generationId, userId: reservation.user_id, period: reservation.period };
  const charge = Math.min(usedTokens, reservation.tokens);
  yield* book(db, 'release', reservation.tokens, account, stamp);
  if (charge > 0) yield* book(db, 'charge', charge, account, stamp);
  if (usedTokens > charge) yield* book(db, 'absorbed', usedTokens - charge, account, stamp);
  yield* execute(settleBalance(db, { ...balanceOf(account), charged: charge, released: reservation.tokens }));
  return charge;
}

/** Makes what one user has booked another's. */
export function* moveLedger(db: QueryBuilder, fromId: string, toId: string): Script<void> {
  yield* execute(db.updateTable('ledger_entries').set({ user_id: toId }).where('user_id', '=', fromId));
  const balances = yield* all(db.deleteFrom('ledger_balances').where('user_id', '=', fromId).returningAll());
  for (const balance of balances) yield* execute(addToBalance(db, { ...balance, user_id: toId }));
}

function balanceOf({ userId, period }: Account): Pick<BalanceRow, 'user_id' | 'period'> {
  return { user_id: userId, period };
}

function* book(
  db: QueryBuilder,
  kind: LedgerKind,
  tokens: number,
  { generationId, userId, period }: Account,
  stamp: Stamp,
): Script<void> {
  yield* execute(
    insertEntry(db, {
      id: stamp.uuid(),
      user_id: userId,
      generation_id: generationId,
      kind,
      tokens,
      period,
      created_at: stamp.now,
    }),
  );
}
