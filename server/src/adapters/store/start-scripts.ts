import { sql } from 'kysely';
import { LeaseLostError, ProblemError } from '../../core/errors.ts';
import type { RepeatedStart, StartGeneration, StartedGeneration } from '../../ports/generation-store.ts';
import { tellChannel } from './channel-scripts.ts';
import { ownedChat } from './chat-scripts.ts';
import { madeBefore, noteMade } from './idempotency-scripts.ts';
import { bookReservation, periodOf, totalTokens } from './ledger-scripts.ts';
import type { Stamp } from './ledger-scripts.ts';
import { findOwnMessage, insertMessage, pathTo } from './message-scripts.ts';
import { isListed } from './node-scripts.ts';
import { prepared } from './prepared.ts';
import type { QueryBuilder } from './query-builder.ts';
import { outcomeOf, toChat, toGenerationState, toMessage } from './rows.ts';
import type { ChatRow, GenerationRow } from './schema.ts';
import { execute, first } from './script.ts';
import type { Script } from './script.ts';
import { findAccount } from './user-scripts.ts';

const TITLE_CHARS = 60;

/** A generation that has just begun. */
const UNENDED = {
  status: 'running',
  stop_requested_at: null,
  finish_reason: null,
  usage: null,
  tokens_used: null,
  micros: null,
  counted: null,
  error: null,
  ended_at: null,
  last_sequence: null,
} as const;

const insertGeneration = prepared((db, row: GenerationRow) => db.insertInto('generations').values(row));

const countRunning = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('generations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    // A literal, as in the partial index: by it every planner knows that the index serves.
    .where('status', '=', sql.lit('running')),
);

const touchChat = prepared((db, { chatId, now }: { chatId: string; now: number }) =>
  db.updateTable('chats').set({ updated_at: now }).where('id', '=', chatId),
);

const titleChat = prepared((db, { chatId, title }: { chatId: string; title: string }) =>
  db.updateTable('chats').set({ title }).where('id', '=', chatId),
);

const selectNewestMessage = prepared((db, { chatId }: { chatId: string }) =>
  db.selectFrom('messages').select('id').where('chat_id', '=', chatId).orderBy('id', 'desc').limit(1),
);

const selectRole = prepared((db, { chatId, messageId }: { chatId: string; messageId: string }) =>
  db.selectFrom('messages').select('role').where('id', '=', messageId).where('chat_id', '=', chatId),
);

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
  if (start.maxConcurrentReplies !== null) {
    yield* checkConcurrency(db, userId, start.maxConcurrentReplies);
  }
  yield* noteMade(db, userId, start.idempotency, generationId, stamp.now);

  const { chatId, parentId, newQuestionId, continues } = yield* placeReply(db, start, stamp);
  const context = yield* pathTo(db, parentId, start.contextMessages);
  const period = periodOf(stamp.now);
  const account = yield* findAccount(db, userId, period);
  const total = start.heedsTotal ? yield* totalTokens(db, period) : null;
  const reservation = start.reserve(context, account, total);

  const message = {
    id: stamp.uuid(),
    chat_id: chatId,
    parent_id: parentId,
    role: 'assistant' as const,
    parts: '[]',
    generation_id: generationId,
    continues,
    created_at: stamp.now,
  };
  const generation: GenerationRow = {
    ...UNENDED,
    id: generationId,
    chat_id: chatId,
    message_id: message.id,
    user_id: userId,
    user_message_id: newQuestionId,
    node_id: nodeId,
    model,
    prompt_estimate: reservation.promptTokens,
    created_at: stamp.now,
  };
  yield* insertMessage(db, message);
  yield* execute(insertGeneration(db, generation));
  yield* bookReservation(db, reservation, { userId, period, chatId, generationId }, stamp);
  yield* execute(touchChat(db, { chatId, now: stamp.now }));

  const userMessage = newQuestionId === null ? null : (context.at(-1) ?? null);
  const assistantMessage = toMessage({ ...message, ...outcomeOf(generation) });
  if (userMessage !== null) yield* tellChannel(db, chatId, 'message', userMessage, stamp.now);
  const begun = { generation: toGenerationState(generation), message: assistantMessage };
  yield* tellChannel(db, chatId, 'generation', begun, stamp.now);
  const { promptTokens } = reservation;
  return { chatId, generationId, model, promptTokens, userMessage, assistantMessage, context, reservation };
}

/** @throws ProblemError `rate_limited` */
function* checkConcurrency(db: QueryBuilder, userId: string, maxConcurrentReplies: number): Script<void> {
  const { count } = (yield* first(countRunning(db, { userId }))) ?? { count: 0 };
  if (count < maxConcurrentReplies) return;
  throw new ProblemError(
    'rate_limited',
    `As many of your replies are running as may at once (${maxConcurrentReplies}). Wait for one to end, or stop one.`,
    { retryAfter: 1 },
  );
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
  yield* insertMessage(db, {
    id,
    chat_id: chat.id,
    parent_id: yield* parentOf(db, chat.id, parentId),
    role: 'user',
    parts: JSON.stringify([{ type: 'text', text: content }]),
    generation_id: null,
    continues: null,
    created_at: stamp.now,
  });
  if (chat.title === null) {
    const title = titleFrom(content);
    yield* execute(titleChat(db, { chatId: chat.id, title }));
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
    const newest = yield* first(selectNewestMessage(db, { chatId }));
    return newest?.id ?? null;
  }
  const parent = yield* first(selectRole(db, { chatId, messageId: parentId }));
  if (parent === undefined) throw new ProblemError('not_found', 'There is no such message in this chat.');
  if (parent.role === 'user') {
    throw new ProblemError('invalid_request', 'A message can only follow a reply.', {
      errors: [{ path: 'parentId', message: 'is a user message' }],
    });
  }
  return parentId;
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
