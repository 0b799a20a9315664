import type { Message } from '@millrace/protocol';
import { LeaseLostError, ProblemError } from '../../core/errors.ts';
import type { RepeatedStart, StartGeneration, StartedGeneration } from '../../ports/generation-store.ts';
import { tellChannel } from './channel-scripts.ts';
import { ownedChat } from './chat-scripts.ts';
import { findGeneration } from './generation-scripts.ts';
import { madeBefore, noteMade } from './idempotency-scripts.ts';
import { book, periodOf, spending } from './ledger-scripts.ts';
import type { Stamp } from './ledger-scripts.ts';
import { findMessage, findOwnMessage } from './message-scripts.ts';
import { isListed } from './node-scripts.ts';
import type { QueryBuilder } from './query-builder.ts';
import { toChat } from './rows.ts';
import type { ChatRow } from './schema.ts';
import { all, execute, first } from './script.ts';
import type { Script } from './script.ts';
import { findUser } from './user-scripts.ts';

const TITLE_CHARS = 60;

/** Where a reply goes. */
interface Place {
  chatId: string;
  parentId: string;
  /** The question, when this made it. */
  newQuestionId: string | null;
  continues: string | null;
}

export function* startGeneration(
  db: QueryBuilder,
  start: StartGeneration,
  stamp: Stamp,
): Script<StartedGeneration | RepeatedStart> {
  const { generationId, userId, model, nodeId } = start;
  const repeats = yield* madeBefore(db, userId, start.idempotency);
  if (repeats !== undefined) return { repeats };
  if (!(yield* isListed(db, nodeId))) throw new LeaseLostError(`Node ${nodeId} was struck off`);
  yield* noteMade(db, userId, start.idempotency, generationId, stamp.now);

  const { chatId, parentId, newQuestionId, continues } = yield* placeReply(db, start, stamp);
  const context = yield* contextOf(db, parentId, start.contextMessages);
  const user = yield* findUser(db, userId);
  if (user === undefined) throw new ProblemError('unauthenticated', 'This account is gone.');
  const period = periodOf(stamp.now);
  const reservation = start.reserve(context, {
    user,
    spending: yield* spending(db, userId, period),
    totalSpending: start.heedsTotal ? yield* spending(db, null, period) : null,
  });

  const messageId = stamp.uuid();
  yield* execute(
    db.insertInto('messages').values({
      id: messageId,
      chat_id: chatId,
      parent_id: parentId,
      role: 'assistant',
      parts: '[]',
      generation_id: generationId,
      continues,
      created_at: stamp.now,
    }),
  );
  yield* execute(
    db.insertInto('generations').values({
      id: generationId,
      chat_id: chatId,
      message_id: messageId,
      user_id: userId,
      user_message_id: newQuestionId,
      status: 'running',
      node_id: nodeId,
      model,
      prompt_estimate: reservation.promptTokens,
      created_at: stamp.now,
    }),
  );
  yield* book(db, 'reservation', reservation.tokens, { generationId, userId, period }, stamp);
  yield* execute(db.updateTable('chats').set({ updated_at: stamp.now }).where('id', '=', chatId));
  const userMessage = newQuestionId === null ? null : (context.at(-1) ?? null);
  const assistantMessage = yield* findMessage(db, messageId);
  if (userMessage !== null) yield* tellChannel(db, chatId, 'message', userMessage, stamp.now);
  const generation = yield* findGeneration(db, userId, generationId);
  const begun = { generation, message: assistantMessage };
  yield* tellChannel(db, chatId, 'generation', begun, stamp.now);
  const { promptTokens } = reservation;
  return { chatId, generationId, model, promptTokens, userMessage, assistantMessage, context, reservation };
}

function* placeReply(db: QueryBuilder, start: StartGeneration, stamp: Stamp): Script<Place> {
  const { origin, userId } = start;
  switch (origin.kind) {
    case 'send': {
      const chat = yield* ownedChat(db, userId, origin.chatId);
      const questionId = yield* insertQuestion(db, chat, origin.content, origin.parentId, stamp);
      return { chatId: chat.id, parentId: questionId, newQuestionId: questionId, continues: null };
    }
    case 'regenerate': {
      const reply = yield* findOwnMessage(db, userId, origin.messageId);
      if (reply.role !== 'assistant' || reply.parentId === null) {
        throw new ProblemError('invalid_request', 'Only a reply can be regenerated.');
      }
      const { chatId, parentId, continues } = reply;
      return { chatId, parentId, newQuestionId: null, continues };
    }
    case 'continue': {
      const reply = yield* findOwnMessage(db, userId, origin.messageId);
      const hasText = reply.parts.some((part) => part.type === 'text');
      if (reply.role !== 'assistant' || reply.status === 'running' || !hasText) {
        throw new ProblemError(
          'invalid_request',
          'Only a reply that has ended with some text can be continued.',
        );
      }
      return { chatId: reply.chatId, parentId: reply.id, newQuestionId: null, continues: reply.id };
    }
  }
}

function* insertQuestion(
  db: QueryBuilder,
  chat: ChatRow,
  content: string,
  parentId: string | null | undefined,
  stamp: Stamp,
): Script<string> {
  const id = stamp.uuid();
  yield* execute(
    db.insertInto('messages').values({
      id,
      chat_id: chat.id,
      parent_id: yield* parentOf(db, chat.id, parentId),
      role: 'user',
      parts: JSON.stringify([{ type: 'text', text: content }]),
      generation_id: null,
      continues: null,
      created_at: stamp.now,
    }),
  );
  if (chat.title === null) {
    const title = titleFrom(content);
    yield* execute(db.updateTable('chats').set({ title }).where('id', '=', chat.id));
    yield* tellChannel(db, chat.id, 'chat', toChat({ ...chat, title }), stamp.now);
  }
  return id;
}

function* parentOf(
  db: QueryBuilder,
  chatId: string,
  parentId: string | null | undefined,
): Script<string | null> {
  if (parentId === null) return null;
  if (parentId === undefined) {
    const newest = yield* first(
      db.selectFrom('messages').select('id').where('chat_id', '=', chatId).orderBy('id', 'desc').limit(1),
    );
    return newest?.id ?? null;
  }
  const parent = yield* first(
    db.selectFrom('messages').select('role').where('id', '=', parentId).where('chat_id', '=', chatId),
  );
  if (parent === undefined) throw new ProblemError('not_found', 'There is no such message in this chat.');
  if (parent.role === 'user') {
    throw new ProblemError('invalid_request', 'A message can only follow a reply.', {
      errors: [{ path: 'parentId', message: 'is a user message' }],
    });
  }
  return parentId;
}

/** The last `limit` messages of the path that ends with `messageId`, oldest first. */
function* contextOf(db: QueryBuilder, messageId: string, limit: number): Script<Message[]> {
  const rows = yield* all(
    db
      .withRecursive('path(id, parent_id, depth)', (recursive) =>
        recursive
          .selectFrom('messages')
          .select(['id', 'parent_id', (expression) => expression.lit(1).as('depth')])
          .where('id', '=', messageId)
          .unionAll(
            recursive
              .selectFrom('messages')
              .innerJoin('path', 'path.parent_id', 'messages.id')
              .select(({ eb }) => [
                'messages.id',
                'messages.parent_id',
                eb('path.depth', '+', eb.lit(1)).as('depth'),
              ])
              .where('path.depth', '<', limit),
          ),
      )
      .selectFrom('path')
      .select('id')
      .orderBy('depth', 'desc'),
  );
  const messages: Message[] = [];
  for (const { id } of rows) messages.push(yield* findMessage(db, id));
  return messages;
}

/** The beginning of the first message, cut at a word. */
function titleFrom(content: string): string {
  const line = content.trim().replaceAll(/\s+/gu, ' ');
  if (line.length <= TITLE_CHARS) return line;
  const cut = line.slice(0, TITLE_CHARS + 1);
  const lastSpace = cut.lastIndexOf(' ');
  const end = lastSpace > TITLE_CHARS / 2 ? lastSpace : TITLE_CHARS;
  // Never cut through a surrogate pair.
  return `${cut.slice(0, end).replace(/[\ud800-\udbff]$/, '')}…`;
}
