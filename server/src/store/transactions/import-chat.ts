import type { Chat } from '@millrace/protocol';
import type { NewChatOptions } from '../../ports/chat-store.ts';
import type { ImportedChat } from '../../ports/import-store.ts';
import { keepAttachment } from './attachments.ts';
import { addChat, findChat } from './chats.ts';
import { findIdempotentResult, recordIdempotentResult } from './idempotency.ts';
import type { Stamp } from './ledger.ts';
import { lockUser } from '../locks.ts';
import { addMedia } from './media.ts';
import { insertMessage } from './messages.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toChat } from '../rows.ts';
import type { ImportedOutcome } from '../schema.ts';
import type { Script } from '../transaction.ts';

/** In the place of a generation's id, for images that none has made. */
const NO_GENERATION = '';

export function* importChat(
  db: QueryBuilder,
  userId: string,
  { title, pinned, archived, settings, messages, images, attachments }: ImportedChat,
  { idempotency, maxChats }: Required<Omit<NewChatOptions, 'settings'>>,
  stamp: Stamp,
): Script<Chat> {
  yield* lockUser(db, userId);
  const made = yield* findIdempotentResult(db, userId, idempotency);
  if (made !== undefined) return yield* findChat(db, userId, made);
  const { now } = stamp;
  const wanted = {
    owner_id: userId,
    title,
    settings: JSON.stringify(settings),
    pinned_at: pinned ? now : null,
    archived_at: archived ? now : null,
  };
  const chat = yield* addChat(db, wanted, maxChats, stamp);
  const ids = messages.map(() => stamp.uuid());
  const idAt = (index: number | null) => (index === null ? null : (ids[index] ?? null));
  for (const [index, id] of ids.entries()) {
    const message = messages[index];
    if (message === undefined) throw new Error(`There is no message ${index}`);
    const { role, parts, parent, continues, status, model, finishReason, error } = message;
    const imported: ImportedOutcome = { status, model, finishReason, error };
    yield* insertMessage(db, {
      id,
      chat_id: chat.id,
      parent_id: idAt(parent),
      role,
      parts: JSON.stringify(parts),
      generation_id: null,
      continues: continues ? idAt(parent) : null,
      created_at: now,
      imported: JSON.stringify(imported),
    });
  }
  for (const image of images) {
    yield* addMedia(db, { ...image, chatId: chat.id, generationId: NO_GENERATION }, now);
  }
  for (const { id, ...attachment } of attachments) {
    yield* keepAttachment(db, userId, { ...attachment, chatId: chat.id }, { id, usedAt: now, now });
  }
  yield* recordIdempotentResult(db, userId, idempotency, chat.id, now);
  return toChat(chat);
}
