import type { MessagePart } from '@millrace/protocol';
import { sql } from 'kysely';
import { titleFromQuestion } from '../../core/chat-title.ts';
import { ProblemError } from '../../core/errors.ts';
import type {
  PromptContext,
  RepeatedStart,
  Reservation,
  StartedGeneration,
  StartGeneration,
} from '../../ports/generation-store.ts';
import { takeAttachments } from './attachments.ts';
import { beginGeneration, checkLease, reservationFor } from './begin-generation.ts';
import { publishToChannel } from './chat-channel.ts';
import { openChat, ownedChat } from './chats.ts';
import { promptContextOf } from './prompt-context.ts';
import { findIdempotentResult, recordIdempotentResult } from './idempotency.ts';
import { NOTHING } from './ledger.ts';
import type { Stamp } from './ledger.ts';
import { lockUser } from '../locks.ts';
import { findOwnMessage, insertMessage } from './messages.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { digestOf, findAnswer } from './reply-cache.ts';
import { toChat, toSettings } from '../rows.ts';
import type { ChatRow } from '../schema.ts';
import { execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { indexTitle } from '../search/search-index.ts';
import { insertTranscript } from './hidden-chats.ts';

const countRunning = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('generations')
    .innerJoin('messages', 'messages.id', 'generations.message_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('generations.user_id', '=', userId)
    // A literal, as in the partial index: by it every planner knows that the index serves.
    .where('generations.status', '=', sql.lit('running'))
    .where('messages.role', '=', 'assistant'),
);

const touchChat = prepared((db, { chatId, now }: { chatId: string; now: number }) =>
  db.updateTable('chats').set({ updated_at: now }).where('id', '=', chatId),
);

const titleChat = prepared((db, { chatId, title }: { chatId: string; title: string }) =>
  db.updateTable('chats').set({ title }).where('id', '=', chatId),
);

const selectNewestMessage = prepared((db, { chatId }: { chatId: string }) =>
  db
    .selectFrom('messages')
    .select('id')
    .where('chat_id', '=', chatId)
    .where('role', '!=', 'system')
    .orderBy('id', 'desc')
    .limit(1),
);

const selectRole = prepared((db, { chatId, messageId }: { chatId: string; messageId: string }) =>
  db.selectFrom('messages').select('role').where('id', '=', messageId).where('chat_id', '=', chatId),
);

/** For what costs nothing. */
const NOTHING_HELD: Reservation = {
  ...NOTHING,
  promptTokens: 0,
  maxOutputTokens: 0,
  shortened: false,
  isBounded: false,
};

type Question = Pick<
  Extract<StartGeneration['origin'], { kind: 'send' }>,
  'content' | 'parentId' | 'attachments'
>;

/** Where a reply goes. */
interface Place {
  chat: ChatRow;
  parentId: string;
  /** The question, when this made it. */
  questionId: string | null;
  continues: string | null;
}

export function* startGeneration(
  db: QueryBuilder,
  start: StartGeneration,
  stamp: Stamp,
): Script<StartedGeneration | RepeatedStart> {
  const { generationId, userId, nodeId } = start;
  yield* lockUser(db, userId);
  const repeats = yield* findIdempotentResult(db, userId, start.idempotency);
  if (repeats !== undefined) return { repeats };
  yield* checkLease(db, nodeId);
  if (start.maxConcurrentReplies !== null) {
    yield* checkConcurrency(db, userId, start.maxConcurrentReplies);
  }
  yield* recordIdempotentResult(db, userId, start.idempotency, generationId, stamp.now);

  const place = yield* placeReply(db, start, stamp);
  const { chat, parentId, questionId, continues } = place;
  const { settings, ...plan } = start.planFor(toSettings(chat));
  const { model } = settings;
  const chatId = chat.id;
  const material = yield* promptContextOf(
    db,
    parentId,
    start.contextMessages,
    start.usesSummaries,
    plan.acceptsImages,
  );
  const mayBeKnown = questionId !== null && isFirst(material) && isPlain(material);
  const cache = mayBeKnown ? plan.cache && digestOf(plan.cache) : null;
  const answer = cache && (yield* findAnswer(db, cache));
  const { reserve } = plan;
  const reservation =
    answer === null ? yield* reservationFor(db, { ...start, reserve }, material, stamp.now) : NOTHING_HELD;
  const begun = yield* beginGeneration(
    db,
    {
      generationId,
      userId,
      model,
      nodeId,
      reservation,
      chatId,
      bookedTo: chat.hidden_at === null ? chatId : null,
      parentId,
      questionId,
      continues,
      role: 'assistant',
      questionKey: answer === null ? (cache?.questionKey ?? null) : null,
      cachedFrom: answer?.generationId ?? null,
    },
    stamp,
  );
  yield* execute(touchChat(db, { chatId, now: stamp.now }));

  const userMessage = questionId === null ? null : (material.context.at(-1) ?? null);
  if (userMessage !== null) yield* publishToChannel(db, chatId, 'message', userMessage, stamp.now);
  yield* publishToChannel(db, chatId, 'generation', begun, stamp.now);
  const { promptTokens } = reservation;
  return {
    chatId,
    generationId,
    model,
    promptTokens,
    userMessage,
    settings,
    reservation,
    ...material,
    assistantMessage: begun.message,
    cached: answer,
  };
}

/** Nothing was said before. */
function isFirst({ context }: PromptContext): boolean {
  return context.length === 1 && context[0]?.parentId === null;
}

/** Nothing is attached. */
function isPlain({ context }: PromptContext): boolean {
  return context.every(({ parts }) => parts.every(({ type }) => type === 'text'));
}

/** @throws ProblemError `rate_limited` */
function* checkConcurrency(db: QueryBuilder, userId: string, maxConcurrentReplies: number): Script<void> {
  const { count } = (yield* first(countRunning(db, { userId }))) ?? { count: 0 };
  if (count < maxConcurrentReplies) return;
  throw new ProblemError(
    'rate_limited',
    `As many of your replies are running as may at once (${maxConcurrentReplies}). Wait for one to end, or stop one.`,
    { retryAfterSeconds: 1 },
  );
}

function* placeReply(db: QueryBuilder, start: StartGeneration, stamp: Stamp): Script<Place> {
  const { origin, userId } = start;
  switch (origin.kind) {
    case 'send': {
      const chat = yield* ownedChat(db, userId, origin.chatId);
      const questionId = yield* insertQuestion(db, chat, origin, stamp);
      return { chat, parentId: questionId, questionId: questionId, continues: null };
    }
    case 'open': {
      const chat = yield* openChat(db, userId, origin, stamp);
      const questionId = yield* insertQuestion(db, chat, origin, stamp);
      return { chat, parentId: questionId, questionId, continues: null };
    }
    case 'transcript': {
      const { chat, questionId } = yield* insertTranscript(db, userId, origin, stamp);
      return { chat, parentId: questionId, questionId, continues: null };
    }
    case 'regenerate': {
      const { message: reply, chat } = yield* findOwnMessage(db, userId, origin.messageId);
      if (reply.role !== 'assistant' || reply.parentId === null) {
        throw new ProblemError('invalid_request', 'Only a reply can be regenerated.');
      }
      const { parentId, continues } = reply;
      return { chat, parentId, questionId: null, continues };
    }
    case 'continue': {
      const { message: reply, chat } = yield* findOwnMessage(db, userId, origin.messageId);
      const hasText = reply.parts.some((part) => part.type === 'text');
      if (reply.role !== 'assistant' || reply.status === 'running' || !hasText) {
        throw new ProblemError(
          'invalid_request',
          'Only a reply that has ended with some text can be continued.',
        );
      }
      return { chat, parentId: reply.id, questionId: null, continues: reply.id };
    }
  }
}

function* insertQuestion(
  db: QueryBuilder,
  chat: ChatRow,
  { content, parentId, attachments = [] }: Question,
  stamp: Stamp,
): Script<string> {
  const id = stamp.uuid();
  const attached = yield* takeAttachments(db, chat, attachments, stamp.now);
  const text: MessagePart[] = content.trim() === '' ? [] : [{ type: 'text', text: content }];
  const parts = [...attached, ...text];
  yield* insertMessage(db, {
    id,
    chat_id: chat.id,
    parent_id: yield* parentOf(db, chat.id, parentId),
    role: 'user',
    parts: JSON.stringify(parts),
    generation_id: null,
    continues: null,
    created_at: stamp.now,
  });
  if (chat.title === null) {
    const title = titleFromQuestion(parts);
    yield* execute(titleChat(db, { chatId: chat.id, title }));
    yield* indexTitle(db, chat.id, title);
    yield* publishToChannel(db, chat.id, 'chat', toChat({ ...chat, title }), stamp.now);
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
  if (parent.role !== 'assistant') {
    throw new ProblemError('invalid_request', 'A message can only follow a reply.', {
      errors: [{ path: 'parentId', message: `is a ${parent.role} message` }],
    });
  }
  return parentId;
}
