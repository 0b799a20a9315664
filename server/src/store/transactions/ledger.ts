import type { UsageSource } from '@millrace/protocol';
import type { Reservation } from '../../ports/generation-store.ts';
import type { Amount, Balance } from '../../ports/ledger-store.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { BalanceRow, GenerationRow, LedgerRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** Makers of ids and the instant of the transaction. */
export interface Stamp {
  now: number;
  uuid(): string;
}

export const NOTHING: Amount = { tokens: 0, costMicros: 0 };

const EMPTY_BALANCE: Balance = { granted: NOTHING, used: NOTHING, reserved: NOTHING };

const insertEntry = prepared((db, row: LedgerRow) => db.insertInto('ledger_entries').values(row));

/** The balance is what the entries add up to, kept so that a start needn't add up a month's. */
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

interface SettledBalance {
  user_id: string;
  period: string;
  charged: number;
  chargedMicros: number;
  released: number;
  releasedMicros: number;
}

const settleBalance = prepared((db, row: SettledBalance) =>
  db
    .updateTable('ledger_balances')
    .set(({ eb }) => ({
      used: eb('used', '+', row.charged),
      used_micros: eb('used_micros', '+', row.chargedMicros),
      reserved: eb('reserved', '-', row.released),
      reserved_micros: eb('reserved_micros', '-', row.releasedMicros),
    }))
    .where('user_id', '=', row.user_id)
    .where('period', '=', row.period),
);

const selectBalance = prepared((db, { userId, period }: { userId: string; period: string }) =>
  db.selectFrom('ledger_balances').selectAll().where('user_id', '=', userId).where('period', '=', period),
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

export function* balanceOf(db: QueryBuilder, userId: string, period: string): Script<Balance> {
  const row = yield* first(selectBalance(db, { userId, period }));
  return row === undefined ? EMPTY_BALANCE : toBalance(row);
}

export function toBalance(row: Omit<BalanceRow, 'user_id' | 'period'>): Balance {
  return {
    granted: { tokens: row.granted, costMicros: row.granted_micros },
    used: { tokens: row.used, costMicros: row.used_micros },
    reserved: { tokens: row.reserved, costMicros: row.reserved_micros },
  };
}

/** Tokens that all users together have used or hold. */
export function* totalTokens(db: QueryBuilder, period: string): Script<number> {
  const sums = yield* first(
    db
      .selectFrom('ledger_balances')
      .select(({ fn }) => [
        fn.sum<number | null>('used').as('used'),
        fn.sum<number | null>('reserved').as('reserved'),
      ])
      .where('period', '=', period),
  );
  return (sums?.used ?? 0) + (sums?.reserved ?? 0);
}

/** Whose budget an entry is of, and what it is for. */
interface Purpose {
  userId: string;
  period: string;
  chatId: string | null;
  generationId: string | null;
}

/** The model that answered, and where its token count comes from. */
interface ChargedModel {
  model: string | null;
  usageSource: UsageSource | null;
}

export function* bookReservation(
  db: QueryBuilder,
  { tokens, costMicros }: Reservation,
  purpose: Purpose,
  stamp: Stamp,
): Script<void> {
  yield* book(db, { ...purpose, kind: 'reservation', tokens, costMicros }, stamp);
  yield* execute(addToBalance(db, { ...balanceRow(purpose), reserved: tokens, reserved_micros: costMicros }));
}

export function* bookGrant(
  db: QueryBuilder,
  { tokens, costMicros }: Amount,
  { userId, period }: { userId: string; period: string },
  stamp: Stamp,
): Script<void> {
  const purpose = { userId, period, chatId: null, generationId: null };
  yield* book(db, { ...purpose, kind: 'grant', tokens, costMicros }, stamp);
  yield* execute(addToBalance(db, { ...balanceRow(purpose), granted: tokens, granted_micros: costMicros }));
}

/** Charges at most what was reserved, gives the hold back, and lets the operator bear the rest. @returns the charge */
export function* settleLedger(
  db: QueryBuilder,
  generation: GenerationRow,
  used: Amount & ChargedModel,
  stamp: Stamp,
): Script<Amount> {
  const reserved = yield* first(selectReservation(db, { generationId: generation.id }));
  if (reserved === undefined) throw new Error(`Generation ${generation.id} has no reservation`);
  const purpose = {
    userId: reserved.user_id,
    period: reserved.period,
    chatId: reserved.chat_id,
    generationId: generation.id,
  };
  const charge = {
    tokens: Math.min(used.tokens, reserved.tokens),
    costMicros: Math.min(used.costMicros, reserved.cost_micros),
  };
  const { model, usageSource } = used;
  const absorbed = { tokens: used.tokens - charge.tokens, costMicros: used.costMicros - charge.costMicros };
  const { tokens, cost_micros: costMicros } = reserved;
  yield* book(db, { ...purpose, kind: 'release', tokens, costMicros }, stamp);
  if (isSome(charge)) yield* book(db, { ...purpose, ...charge, kind: 'charge', model, usageSource }, stamp);
  if (isSome(absorbed))
    yield* book(db, { ...purpose, ...absorbed, kind: 'absorbed', model, usageSource }, stamp);
  yield* execute(
    settleBalance(db, {
      user_id: purpose.userId,
      period: purpose.period,
      charged: charge.tokens,
      chargedMicros: charge.costMicros,
      released: tokens,
      releasedMicros: costMicros,
    }),
  );
  return charge;
}

/** Makes what one user has booked another's. */
export function* moveLedger(db: QueryBuilder, fromId: string, toId: string): Script<void> {
  yield* execute(db.updateTable('ledger_entries').set({ user_id: toId }).where('user_id', '=', fromId));
  const balances = yield* all(db.deleteFrom('ledger_balances').where('user_id', '=', fromId).returningAll());
  for (const balance of balances) yield* execute(addToBalance(db, { ...balance, user_id: toId }));
}

function isSome({ tokens, costMicros }: Amount): boolean {
  return tokens > 0 || costMicros > 0;
}

function balanceRow({ userId, period }: { userId: string; period: string }): BalanceRow {
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

function* book(
  db: QueryBuilder,
  entry: Purpose & Amount & Pick<LedgerRow, 'kind'> & Partial<ChargedModel>,
  stamp: Stamp,
): Script<void> {
  const {
    userId,
    chatId,
    generationId,
    kind,
    tokens,
    costMicros,
    period,
    model = null,
    usageSource = null,
  } = entry;
  yield* execute(
    insertEntry(db, {
      id: stamp.uuid(),
      user_id: userId,
      chat_id: chatId,
      generation_id: generationId,
      kind,
      tokens,
      cost_micros: costMicros,
      period,
      model,
      usage_source: usageSource,
      created_at: stamp.now,
    }),
  );
}
