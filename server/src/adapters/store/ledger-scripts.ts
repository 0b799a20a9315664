import type { Spending } from '../../ports/user-store.ts';
import type { QueryBuilder } from './query-builder.ts';
import type { GenerationRow, LedgerKind } from './schema.ts';
import { all, execute, first } from './script.ts';
import type { Script } from './script.ts';

/** Makers of ids and the instant of the transaction. */
export interface Stamp {
  now: number;
  uuid(): string;
}

/** The calendar month an instant lies in, UTC: `2026-11`. */
export function periodOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

/** @param userId null for all users together */
export function* spending(db: QueryBuilder, userId: string | null, period: string): Script<Spending> {
  let query = db
    .selectFrom('ledger_entries')
    .select(['kind', (expression) => expression.fn.sum<number>('tokens').as('tokens')])
    .where('period', '=', period)
    .groupBy('kind');
  if (userId !== null) query = query.where('user_id', '=', userId);
  const sums = new Map<LedgerKind, number>();
  for (const { kind, tokens } of yield* all(query)) sums.set(kind, tokens);
  const sum = (kind: LedgerKind) => sums.get(kind) ?? 0;
  return { used: sum('charge'), reserved: sum('reservation') - sum('release') };
}

/** Charges at most what was reserved, gives the hold back, and lets the operator bear the rest. @returns the charge */
export function* settleLedger(
  db: QueryBuilder,
  generation: GenerationRow,
  usedTokens: number,
  stamp: Stamp,
): Script<number> {
  const reservation = yield* first(
    db
      .selectFrom('ledger_entries')
      .selectAll()
      .where('generation_id', '=', generation.id)
      .where('kind', '=', 'reservation'),
  );
  if (reservation === undefined) throw new Error(`Generation ${generation.id} has no reservation`);
  const entry = { generationId: generation.id, userId: reservation.user_id, period: reservation.period };
  const charge = Math.min(usedTokens, reservation.tokens);
  yield* book(db, 'release', reservation.tokens, entry, stamp);
  if (charge > 0) yield* book(db, 'charge', charge, entry, stamp);
  if (usedTokens > charge) yield* book(db, 'absorbed', usedTokens - charge, entry, stamp);
  return charge;
}

export function* book(
  db: QueryBuilder,
  kind: LedgerKind,
  tokens: number,
  { generationId, userId, period }: { generationId: string; userId: string; period: string },
  stamp: Stamp,
): Script<void> {
  yield* execute(
    db.insertInto('ledger_entries').values({
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
