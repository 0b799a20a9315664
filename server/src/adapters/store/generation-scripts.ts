import type { GenerationState, Message } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type {
  Ended,
  GenerationContext,
  Reply,
  Settlement,
  StartGeneration,
  StartedGeneration,
} from '../../ports/generation-store.ts';
import { ownedChat, selectMessages } from './chat-scripts.ts';
import type { QueryBuilder } from './query-builder.ts';
import { toGenerationState, toMessage } from './rows.ts';
import type { GenerationRow } from './schema.ts';
import { all, execute, first } from './script.ts';
import type { Script } from './script.ts';
import { book, periodOf, settleLedger, spending } from './ledger-scripts.ts';
import type { Stamp } from './ledger-scripts.ts';
import { findUser } from './user-scripts.ts';

const TITLE_CHARS = 60;

export function* startGeneration(
  db: QueryBuilder,
  start: StartGeneration,
  stamp: Stamp,
): Script<StartedGeneration> {
  const { generationId, userId, model } = start;
  const { chatId, questionId, isNewQuestion } = yield* placeQuestion(db, start, stamp);
  const context = yield* contextOf(db, questionId, start.contextMessages);
  const user = yield* findUser(db, userId);
  if (user === undefined) throw new ProblemError('unauthenticated', 'This account is gone.');
  const period = periodOf(stamp.now);
  const reservation = start.reserve(context, {
    user,
    spending: yield* spending(db, userId, period),
    totalSpending: yield* spending(db, null, period),
  });

  const messageId = stamp.uuid();
  yield* execute(
    db.insertInto('messages').values({
      id: messageId,
      chat_id: chatId,
      parent_id: questionId,
      role: 'assistant',
      parts: '[]',
      generation_id: generationId,
      created_at: stamp.now,
    }),
  );
  yield* execute(
    db.insertInto('generations').values({
      id: generationId,
      chat_id: chatId,
      message_id: messageId,
      user_id: userId,
      user_message_id: isNewQuestion ? questionId : null,
      status: 'running',
      model,
      created_at: stamp.now,
    }),
  );
  yield* book(db, 'reservation', reservation.tokens, { generationId, userId, period }, stamp);
  yield* execute(db.updateTable('chats').set({ updated_at: stamp.now }).where('id', '=', chatId));
  return {
    chatId,
    generationId,
    model,
    userMessage: isNewQuestion ? (context.at(-1) ?? null) : null,
    assistantMessage: yield* findMessage(db, messageId),
    context,
    reservation,
  };
}

export function* settleGeneration(db: QueryBuilder, settlement: Settlement, stamp: Stamp): Script<Ended> {
  const { generationId, usage } = settlement;
  const running = yield* findGenerationRow(db, generationId);
  if (running.status === 'running') {
    const tokensUsed = yield* settleLedger(db, running, usage?.totalTokens ?? 0, stamp);
    yield* execute(
      db
        .updateTable('generations')
        .set({
          status: settlement.status,
          model: settlement.model ?? running.model,
          finish_reason: settlement.finishReason,
          usage: usage && JSON.stringify(usage),
          tokens_used: tokensUsed,
          counted: settlement.counted,
          error: settlement.error && JSON.stringify(settlement.error),
          ended_at: stamp.now,
        })
        .where('id', '=', generationId),
    );
    yield* execute(
      db
        .updateTable('messages')
        .set({ parts: JSON.stringify(settlement.parts) })
        .where('id', '=', running.message_id),
    );
  }
  const generation = toGenerationState(yield* findGenerationRow(db, generationId));
  return { generation, message: yield* findMessage(db, generation.messageId) };
}

export function* closeGeneration(db: QueryBuilder, generationId: string, lastSequence: number): Script<void> {
  yield* execute(
    db.updateTable('generations').set({ last_sequence: lastSequence }).where('id', '=', generationId),
  );
}

export function* findGeneration(
  db: QueryBuilder,
  userId: string,
  generationId: string,
): Script<GenerationState> {
  const row = yield* first(db.selectFrom('generations').selectAll().where('id', '=', generationId));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such reply.');
  yield* ownedChat(db, userId, row.chat_id);
  return toGenerationState(row);
}

export function* findReply(db: QueryBuilder, userId: string, generationId: string): Script<Reply> {
  const generation = yield* findGeneration(db, userId, generationId);
  const row = yield* findGenerationRow(db, generationId);
  return {
    generation,
    message: yield* findMessage(db, row.message_id),
    lastSequence: row.last_sequence,
  };
}

export function* unfinishedGenerations(
  db: QueryBuilder,
): Script<(GenerationContext & { generation: GenerationState })[]> {
  const rows = yield* all(
    db.selectFrom('generations').selectAll().where('last_sequence', 'is', null).orderBy('id'),
  );
  const unfinished = [];
  for (const row of rows) {
    unfinished.push({
      generation: toGenerationState(row),
      chatId: row.chat_id,
      generationId: row.id,
      model: row.model,
      userMessage: row.user_message_id === null ? null : yield* findMessage(db, row.user_message_id),
      assistantMessage: yield* findMessage(db, row.message_id),
    });
  }
  return unfinished;
}

/** Finds the message to answer, after writing it if it is new. */
function* placeQuestion(db: QueryBuilder, start: StartGeneration, stamp: Stamp) {
  const { origin, userId } = start;
  if (origin.kind === 'regenerate') {
    const reply = yield* first(selectMessages(db).where('messages.id', '=', origin.messageId));
    if (reply === undefined) throw new ProblemError('not_found', 'There is no such message.');
    yield* ownedChat(db, userId, reply.chat_id);
    if (reply.role !== 'assistant' || reply.parent_id === null) {
      throw new ProblemError('invalid_request', 'Only a reply can be regenerated.');
    }
    return { chatId: reply.chat_id, questionId: reply.parent_id, isNewQuestion: false };
  }

  const { chatId, content } = origin;
  const chat = yield* ownedChat(db, userId, chatId);
  const questionId = stamp.uuid();
  yield* execute(
    db.insertInto('messages').values({
      id: questionId,
      chat_id: chatId,
      parent_id: yield* parentOf(db, chatId, origin.parentId),
      role: 'user',
      parts: JSON.stringify([{ type: 'text', text: content }]),
      generation_id: null,
      created_at: stamp.now,
    }),
  );
  if (chat.title === null) {
    yield* execute(
      db
        .updateTable('chats')
        .set({ title: titleFrom(content) })
        .where('id', '=', chatId),
    );
  }
  return { chatId, questionId, isNewQuestion: true };
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

function* findMessage(db: QueryBuilder, messageId: string): Script<Message> {
  const row = yield* first(selectMessages(db).where('messages.id', '=', messageId));
  if (row === undefined) throw new Error(`Message ${messageId} is gone`);
  return toMessage(row);
}

function* findGenerationRow(db: QueryBuilder, generationId: string): Script<GenerationRow> {
  const row = yield* first(db.selectFrom('generations').selectAll().where('id', '=', generationId));
  if (row === undefined) throw new Error(`Generation ${generationId} is gone`);
  return row;
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
