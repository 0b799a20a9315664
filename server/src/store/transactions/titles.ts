import type { StartedGeneration, StartTitle } from '../../ports/generation-store.ts';
import { beginAside } from './background-generation.ts';
import { checkLease } from './begin-generation.ts';
import { publishToChannel } from './chat-channel.ts';
import { addChat, ownedChat } from './chats.ts';
import { promptContextOf } from './prompt-context.ts';
import type { Stamp } from './ledger.ts';
import { lockUser } from '../locks.ts';
import { findOwnMessage, insertMessage } from './messages.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toChat } from '../rows.ts';
import { execute } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { indexTitle } from '../search/search-index.ts';

export function* startTitle(
  db: QueryBuilder,
  start: StartTitle,
  stamp: Stamp,
): Script<StartedGeneration | null> {
  const { userId, nodeId, messageId } = start;
  yield* lockUser(db, userId);
  yield* checkLease(db, nodeId);
  const { message: reply, chat } = yield* findOwnMessage(db, userId, messageId);
  const isApart = chat.hidden_at !== null || chat.is_support === 1;
  if (isApart || chat.title !== start.untitled || reply.parentId === null) return null;
  const { message: question } = yield* findOwnMessage(db, userId, reply.parentId);
  const told = start.tell(question, reply);
  if (told === null) return null;

  // Nobody sees it but the model, and it goes by itself.
  const hidden = { owner_id: userId, title: null, settings: chat.settings, hidden_at: stamp.now };
  const { id: chatId } = yield* addChat(db, hidden, null, stamp);
  const toldId = stamp.uuid();
  yield* insertMessage(db, {
    id: toldId,
    chat_id: chatId,
    parent_id: null,
    role: 'user',
    parts: JSON.stringify([{ type: 'text', text: told }]),
    generation_id: null,
    continues: null,
    created_at: stamp.now,
  });
  const material = yield* promptContextOf(db, toldId, 1, false, false);
  return yield* beginAside(db, start, { chat, chatId, parentId: toldId, material }, stamp);
}

/** Unless it is called otherwise by now. */
export function* nameChat(
  db: QueryBuilder,
  { userId, chatId }: { userId: string; chatId: string },
  { untitled, title }: { untitled: string; title: string },
  now: number,
): Script<void> {
  yield* lockUser(db, userId);
  const chat = yield* ownedChat(db, userId, chatId);
  if (chat.title !== untitled) return;
  yield* execute(db.updateTable('chats').set({ title }).where('id', '=', chatId));
  yield* indexTitle(db, chatId, title);
  yield* publishToChannel(db, chatId, 'chat', toChat({ ...chat, title }), now);
}
