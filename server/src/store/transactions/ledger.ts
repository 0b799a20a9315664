import type { UsageSource } from '@millrace/protocol';
import { prepared, preparedRows } from '../prepared.ts';
import type { BalanceRow, LedgerRow } from '../ledger-rows.ts';
import { all, execute, first, insertRows } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/**
 * Records what replies cost and who pays for them. The law: entries are only added; a balance is the sum of its entries; a
 * generation has one reservation, which is released once when it ends; its charge never exceeds the reservation.
 */

/** Tokens and micro-dollars. */
export interface Amount {
  tokens: number;
  costMicros: number;
}

/** What is booked for a user in a calendar month (UTC). */
export interface Balance {
  granted: Amount;
  /** The charges. */
  used: Amount;
  /** The reservations of replies that are running. */
  reserved: Amount;
}

export const ZERO_AMOUNT: Amount = { tokens: 0, costMicros: 0 };

const insertEntries = preparedRows((db, rows: readonly LedgerRow[]) =>
  db.insertInto('ledger_entries').values(rows),
);

/** The balance is the sum of the entries, stored so that a start doesn't add up a whole month. */
const addToBalance = prepared((db, row: BalanceRow) =>
  db
    .insertInto('ledger_balances')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'period']).doUpdateSet((balance) => ({
        granted: balance('ledger_balances.granted', '+', balance.ref('excluded.granted')),
        used: balance('ledger_balances.used', '+', balance.ref('excluded.used')),
        reserved: balance('ledger_balances.reserved', '+', balance.ref('excluded.reserved')),
        granted_micros: balance(
          'ledger_balances.granted_micros',
          '+',
          balance.ref('excluded.granted_micros'),
        ),
        used_micros: balance('ledger_balances.used_micros', '+', balance.ref('excluded.used_micros')),
        reserved_micros: balance(
          'ledger_balances.reserved_micros',
          '+',
          balance.ref('excluded.reserved_micros'),
        ),
      })),
    ),
);

interface BalanceSettlement {
  userId: string;
  period: string;
  charge: number;
  chargeMicros: number;
  release: number;
  releaseMicros: number;
}

const settleBalance = prepared((db, row: BalanceSettlement) =>
  db
    .updateTable('ledger_balances')
    .set(({ eb }) => ({
      used: eb('used', '+', row.charge),
      used_micros: eb('used_micros', '+', row.chargeMicros),
      reserved: eb('reserved', '-', row.release),
      reserved_micros: eb('reserved_micros', '-', row.releaseMicros),
    }))
    .where('user_id', '=', row.userId)
    .where('period', '=', row.period),
);

const selectReservation = prepared((db, { generationId }: { generationId: string }) =>
  db
    .selectFrom('ledger_entries')
    .selectAll()
    .where('generation_id', '=', generationId)
    .where('kind', '=', 'reservation'),
);

/** The calendar month of an instant, in UTC: `2026-11`. */
export function periodOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

/** Adds up the tokens that all users together have used or reserved. */
export function* totalTokens(tx: TransactionContext, period: string): Transaction<number> {
  const sums = yield* first(
    tx.db
      .selectFrom('ledger_balances')
      .select(({ fn }) => [
        fn.sum<number | null>('used').as('used'),
        fn.sum<number | null>('reserved').as('reserved'),
      ])
      .where('period', '=', period),
  );
  return (sums?.used ?? 0) + (sums?.reserved ?? 0);
}

/** Reserves an amount for a generation in the current month. */
export function* bookReservation(
  tx: TransactionContext,
  { tokens, costMicros }: Amount,
  { userId, chatId, generationId }: { userId: string; chatId: string | null; generationId: string },
): Transaction<void> {
  const period = periodOf(tx.now);
  const entry = { userId, chatId, generationId, period, tokens, costMicros };
  yield* execute(insertEntries(tx.db, [toEntry(tx, { ...entry, kind: 'reservation' })]));
  const balance = { ...emptyBalance(userId, period), reserved: tokens, reserved_micros: costMicros };
  yield* execute(addToBalance(tx.db, balance));
}

/** Grants a user an amount in the current month. */
export function* bookGrant(
  tx: TransactionContext,
  { tokens, costMicros }: Amount,
  userId: string,
): Transaction<void> {
  const period = periodOf(tx.now);
  const entry = { userId, chatId: null, generationId: null, period, tokens, costMicros };
  yield* execute(insertEntries(tx.db, [toEntry(tx, { ...entry, kind: 'grant' })]));
  const balance = { ...emptyBalance(userId, period), granted: tokens, granted_micros: costMicros };
  yield* execute(addToBalance(tx.db, balance));
}

/** Releases the reservation and charges at most as much. The operator absorbs the rest. @returns the charge */
export function* settleLedger(
  tx: TransactionContext,
  generationId: string,
  used: Amount & { model: string; usageSource: UsageSource },
): Transaction<Amount> {
  const reserved = yield* first(selectReservation(tx.db, { generationId }));
  if (reserved === undefined) throw new Error(`Generation ${generationId} has no reservation`);
  const { user_id: userId, chat_id: chatId, period } = reserved;
  const release = { tokens: reserved.tokens, costMicros: reserved.cost_micros };
  const charge = {
    tokens: Math.min(used.tokens, release.tokens),
    costMicros: Math.min(used.costMicros, release.costMicros),
  };
  const absorbed = { tokens: used.tokens - charge.tokens, costMicros: used.costMicros - charge.costMicros };
  const common = { userId, chatId, generationId, period };
  const { model, usageSource } = used;
  const entries = [toEntry(tx, { ...common, ...release, kind: 'release' })];
  if (!isZero(charge))
    entries.push(toEntry(tx, { ...common, ...charge, kind: 'charge', model, usageSource }));
  if (!isZero(absorbed)) {
    entries.push(toEntry(tx, { ...common, ...absorbed, kind: 'absorbed', model, usageSource }));
  }
  yield* insertRows(tx.db, insertEntries, entries);
  yield* execute(
    settleBalance(tx.db, {
      userId,
      period,
      charge: charge.tokens,
      chargeMicros: charge.costMicros,
      release: release.tokens,
      releaseMicros: release.costMicros,
    }),
  );
  return charge;
}

/** Moves all entries and balances of one user to another. */
export function* moveLedger(tx: TransactionContext, fromId: string, toId: string): Transaction<void> {
  yield* execute(tx.db.updateTable('ledger_entries').set({ user_id: toId }).where('user_id', '=', fromId));
  const balances = yield* all(
    tx.db.deleteFrom('ledger_balances').where('user_id', '=', fromId).returningAll(),
  );
  for (const balance of balances) yield* execute(addToBalance(tx.db, { ...balance, user_id: toId }));
}

function isZero({ tokens, costMicros }: Amount): boolean {
  return tokens === 0 && costMicros === 0;
}

function emptyBalance(userId: string, period: string): BalanceRow {
  return {
    user_id: userId,
    period,
    granted: 0,
    used: 0,
    reserved: 0,
    granted_micros: 0,
    used_micros: 0,
    reserved_micros: 0,
  };
}

interface NewEntry extends Amount {
  kind: LedgerRow['kind'];
  userId: string;
  chatId: string | null;
  generationId: string | null;
  period: string;
  /** For a charge: the model that answered, and where its token count comes from. */
  model?: string;
  usageSource?: UsageSource;
}

function toEntry(tx: TransactionContext, entry: NewEntry): LedgerRow {
  return {
    id: tx.ids.uuid(),
    user_id: entry.userId,
    chat_id: entry.chatId,
    generation_id: entry.generationId,
    kind: entry.kind,
    tokens: entry.tokens,
    cost_micros: entry.costMicros,
    period: entry.period,
    model: entry.model ?? null,
    usage_source: entry.usageSource ?? null,
    created_at: tx.now,
  };
}
