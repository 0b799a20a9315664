import { lockUser } from '../locks.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { shareShelf } from '../search/search-index.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { moveLedger } from './ledger.ts';
import { removeUnusedContents } from './media.ts';
import { selectIdentity, upsertUser } from './users.ts';
import type { Identity } from './users.ts';

/** Moves the chats and the ledger of a guest to the user as whom they signed up, and deletes the guest. */
export function* adoptGuest(tx: TransactionContext, guest: Identity, user: Identity): Transaction<void> {
  const from = yield* first(selectIdentity(tx.db, guest).where('kind', '=', 'guest'));
  if (from === undefined) return;
  const to = yield* upsertUser(tx, user);
  for (const userId of [from.id, to.id].toSorted()) yield* lockUser(tx, userId);
  // When both have a chat with the same name, the account keeps the name.
  yield* execute(
    tx.db
      .updateTable('chats')
      .set({ external_id: null })
      .where('owner_id', '=', from.id)
      .where('external_id', 'in', selectChatNames(tx.db, to.id)),
  );
  yield* execute(tx.db.updateTable('chats').set({ owner_id: to.id }).where('owner_id', '=', from.id));
  yield* execute(tx.db.updateTable('attachments').set({ owner_id: to.id }).where('owner_id', '=', from.id));
  yield* execute(tx.db.updateTable('generations').set({ user_id: to.id }).where('user_id', '=', from.id));
  yield* moveLedger(tx, from.id, to.id);
  yield* shareShelf(tx, to.id, from.id);
  yield* execute(tx.db.deleteFrom('users').where('id', '=', from.id));
}

function selectChatNames(db: QueryBuilder, ownerId: string) {
  return db
    .selectFrom('chats')
    .select('external_id')
    .where('owner_id', '=', ownerId)
    .where('external_id', 'is not', null);
}

/** Deletes guests not seen since an instant (ms) with everything but their ledger. @returns their identities */
export function* removeGuests(
  tx: TransactionContext,
  seenBefore: number,
): Transaction<Pick<Identity, 'issuer' | 'subject'>[]> {
  const removed = yield* all(
    tx.db
      .deleteFrom('users')
      .where('kind', '=', 'guest')
      .where('seen_at', '<', seenBefore)
      .returning(['issuer', 'subject']),
  );
  if (removed.length > 0) yield* removeUnusedContents(tx);
  return removed;
}
