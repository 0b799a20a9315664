import type { User } from '@millrace/protocol';
import type { TicketPurpose } from '../../ports/ticket-store.ts';
import { ownedChat } from './chats.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toUser } from '../rows.ts';
import { execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

export function* createTicket(
  db: QueryBuilder,
  userId: string,
  { hash, chatId, message, expiresAt }: TicketPurpose & { hash: string },
): Script<void> {
  if (chatId !== null) yield* ownedChat(db, userId, chatId);
  const row = { hash, user_id: userId, chat_id: chatId, message, expires_at: expiresAt };
  yield* execute(db.insertInto('tickets').values(row));
}

export function* findTicket(
  db: QueryBuilder,
  hash: string,
): Script<(TicketPurpose & { user: User }) | undefined> {
  const row = yield* first(
    db
      .selectFrom('tickets')
      .innerJoin('users', 'users.id', 'tickets.user_id')
      .selectAll('users')
      .select(['tickets.chat_id', 'tickets.message', 'tickets.expires_at'])
      .where('tickets.hash', '=', hash),
  );
  return row && { user: toUser(row), chatId: row.chat_id, message: row.message, expiresAt: row.expires_at };
}

export function* deleteExpiredTickets(db: QueryBuilder, expiredBefore: number): Script<void> {
  yield* execute(db.deleteFrom('tickets').where('expires_at', '<', expiredBefore));
}
