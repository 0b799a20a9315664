import type { Chat, ChatSettings, Message } from '@millrace/protocol';
import { lockUser } from '../locks.ts';
import { toChat } from '../rows.ts';
import type { ImportedOutcome } from '../schema.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { storeAttachment } from './attachments.ts';
import type { NewAttachment } from './attachments.ts';
import { findChat, insertNewChat } from './chats.ts';
import type { NewChatOptions } from './chats.ts';
import { findIdempotentResult, recordIdempotentResult } from './idempotency.ts';
import { addMedia } from './media.ts';
import { insertMessage } from './messages.ts';

/** A message of a file. It gets a new id; other messages refer to it by its index. */
export interface ImportedMessage extends Pick<Message, 'parts' | 'model' | 'finishReason' | 'error'> {
  role: Exclude<Message['role'], 'system'>;
  status: Exclude<Message['status'], 'running'>;
  /** The index of an earlier message; null for a first message. */
  parent: number | null;
  /** Whether it continues the text of its parent. */
  continues: boolean;
}

/** An image of a reply. */
export interface ImportedImage {
  id: string;
  mimeType: string;
  bytes: Uint8Array;
}

/** An image or text file that was attached to a message. */
export interface ImportedAttachment extends Omit<NewAttachment, 'chatId'> {
  id: string;
}

export interface ImportedChat {
  title: string | null;
  pinned: boolean;
  archived: boolean;
  settings: ChatSettings;
  /** Oldest first. */
  messages: readonly ImportedMessage[];
  images: readonly ImportedImage[];
  attachments: readonly ImportedAttachment[];
}

/** Stands for the generation of an image that no generation has made. */
const NO_GENERATION = '';

/**
 * Imports a chat from a file. The law: the whole chat or nothing; the messages keep their tree and order; nothing is charged. Its
 * images and files are stored as if they had been generated and sent here.
 *
 * A repeated request with the same idempotency key returns the chat of the first one.
 * @throws ProblemError `idempotency_mismatch`, `chat_limit`
 */
export function* importChat(
  tx: TransactionContext,
  userId: string,
  { title, pinned, archived, settings, messages, images, attachments }: ImportedChat,
  { idempotency = null, maxChats = null }: Omit<NewChatOptions, 'settings'> = {},
): Transaction<Chat> {
  yield* lockUser(tx, userId);
  const createdId = yield* findIdempotentResult(tx, userId, idempotency);
  if (createdId !== null) return yield* findChat(tx, userId, createdId);
  const newChat = {
    owner_id: userId,
    title,
    settings: JSON.stringify(settings),
    pinned_at: pinned ? tx.now : null,
    archived_at: archived ? tx.now : null,
  };
  const chat = yield* insertNewChat(tx, newChat, maxChats);
  const ids = messages.map(() => tx.ids.uuid());
  const idAt = (index: number | null) => (index === null ? null : (ids[index] ?? null));
  for (const [index, id] of ids.entries()) {
    const message = messages[index];
    if (message === undefined) throw new Error(`Message ${index} is missing`);
    const { role, parts, parent, continues, status, model, finishReason, error } = message;
    const imported: ImportedOutcome = { status, model, finishReason, error };
    yield* insertMessage(tx, chat, {
      id,
      parent_id: idAt(parent),
      role,
      parts: JSON.stringify(parts),
      generation_id: null,
      continues: continues ? idAt(parent) : null,
      created_at: tx.now,
      imported: JSON.stringify(imported),
    });
  }
  for (const image of images) {
    yield* addMedia(tx, { ...image, chatId: chat.id, generationId: NO_GENERATION });
  }
  for (const { id, ...attachment } of attachments) {
    yield* storeAttachment(tx, userId, { ...attachment, chatId: chat.id }, { id, usedAt: tx.now });
  }
  yield* recordIdempotentResult(tx, userId, idempotency, chat.id);
  return toChat(chat);
}
