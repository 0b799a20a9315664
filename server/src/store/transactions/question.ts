import type { MessagePart } from '@millrace/protocol';
import { sql } from 'kysely';
import { titleFromQuestion } from '../../core/chat-title.ts';
import { ProblemError } from '../../core/errors.ts';
import { wrongField } from '../../core/wrong-field.ts';
import { prepared } from '../prepared.ts';
import { toChat } from '../rows.ts';
import type { ChatRow } from '../schema.ts';
import { indexTitle } from '../search/search-index.ts';
import { execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { takeAttachments } from './attachments.ts';
import { publishToChannel } from './chat-channel.ts';
import { insertMessage } from './messages.ts';

export interface NewQuestion {
  content: string;
  attachments?: readonly string[];
  /** The message that the question follows: undefined for the newest, null for none. */
  parentId: string | null | undefined;
}

const updateTitle = prepared((db, { chatId, title }: { chatId: string; title: string }) =>
  db.updateTable('chats').set({ title }).where('id', '=', chatId),
);

const selectNewestMessage = prepared((db, { chatId }: { chatId: string }) =>
  db
    .selectFrom('messages')
    .select('id')
    .where('chat_id', '=', chatId)
    .where('role', '!=', 'system')
    .orderBy('id', 'desc')
    // A literal, because SQLite compiles a query again when a bound limit changes its plan.
    .limit(sql.lit(1)),
);

const selectRole = prepared((db, { chatId, messageId }: { chatId: string; messageId: string }) =>
  db.selectFrom('messages').select('role').where('id', '=', messageId).where('chat_id', '=', chatId),
);

/** Inserts a question with its files. The first question gives the chat its title. @returns its id @throws ProblemError */
export function* insertQuestion(
  tx: TransactionContext,
  chat: ChatRow,
  { content, parentId, attachments = [] }: NewQuestion,
): Transaction<string> {
  const id = tx.ids.uuid();
  const attached = yield* takeAttachments(tx, chat, attachments);
  const text: MessagePart[] = content.trim() === '' ? [] : [{ type: 'text', text: content }];
  const parts = [...attached, ...text];
  yield* insertMessage(tx, chat, {
    id,
    parent_id: yield* findParent(tx, chat.id, parentId),
    role: 'user',
    parts: JSON.stringify(parts),
    generation_id: null,
    continues: null,
    created_at: tx.now,
  });
  if (chat.title === null) {
    const title = titleFromQuestion(parts);
    yield* execute(updateTitle(tx.db, { chatId: chat.id, title }));
    yield* indexTitle(tx, chat, title);
    yield* publishToChannel(tx, chat.id, { chat: toChat({ ...chat, title }) });
  }
  return id;
}

/** Decides which message a question follows. @throws ProblemError `not_found`, `invalid_request` */
function* findParent(
  tx: TransactionContext,
  chatId: string,
  parentId: string | null | undefined,
): Transaction<string | null> {
  if (parentId === null) return null;
  if (parentId === undefined) {
    const newest = yield* first(selectNewestMessage(tx.db, { chatId }));
    return newest?.id ?? null;
  }
  const parent = yield* first(selectRole(tx.db, { chatId, messageId: parentId }));
  if (parent === undefined) throw new ProblemError('not_found', 'There is no such message in this chat.');
  if (parent.role !== 'assistant') {
    throw wrongField('parentId', 'must be the id of a reply');
  }
  return parentId;
}
