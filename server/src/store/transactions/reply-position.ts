import type { ChatSettings } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { ChatRow } from '../schema.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';
import { insertHiddenChat } from './hidden-chats.ts';
import type { TranscriptMessage } from './hidden-chats.ts';
import { accessibleMessage } from './messages.ts';
import { openChatForQuestion } from './opened-chats.ts';
import { insertQuestion } from './question.ts';

/** What a reply answers. */
export type ReplyOrigin =
  /** A question in a chat. */
  | {
      kind: 'send';
      chatId: string;
      content: string;
      /** The ids of attached files, in order. With files the content may be blank. */
      attachments?: readonly string[];
      /** The message that the question follows: undefined for the newest, null for none. */
      parentId: string | null | undefined;
    }
  /** A question in a chat created for it, or in the user's support chat, which is created when it is first needed. */
  | {
      kind: 'open';
      chat: 'new' | 'support';
      maxChats: number | null;
      content: string;
      /** As above. A message of another chat is not found. */
      parentId: string | null | undefined;
    }
  | { kind: 'regenerate'; messageId: string }
  | { kind: 'continue'; messageId: string }
  /** Messages that the request sends along, oldest first; the last one is the question. They become a hidden chat. */
  | { kind: 'transcript'; messages: readonly TranscriptMessage[]; settings: ChatSettings };

/** Where a new reply goes. */
export interface ReplyPosition {
  chat: ChatRow;
  parentId: string;
  /** The id of the question, when this transaction inserted it. */
  questionId: string | null;
  /** The reply that the new one continues. */
  continues: string | null;
}

/** Decides where a reply goes, and inserts its question and chat when they are new. @throws ProblemError */
export function* findReplyPosition(
  tx: TransactionContext,
  userId: string,
  origin: ReplyOrigin,
): Transaction<ReplyPosition> {
  switch (origin.kind) {
    case 'send': {
      const chat = yield* accessibleChat(tx, userId, origin.chatId, 'write');
      return afterQuestion(chat, yield* insertQuestion(tx, chat, origin));
    }
    case 'open': {
      const chat = yield* openChatForQuestion(tx, userId, origin);
      return afterQuestion(chat, yield* insertQuestion(tx, chat, origin));
    }
    case 'transcript': {
      const transcript = { ...origin, settings: JSON.stringify(origin.settings) };
      const { chat, lastMessageId } = yield* insertHiddenChat(tx, userId, transcript);
      return afterQuestion(chat, lastMessageId);
    }
    case 'regenerate': {
      const { message: reply, chat } = yield* accessibleMessage(tx, userId, origin.messageId, 'write');
      if (reply.role !== 'assistant' || reply.parentId === null) {
        throw new ProblemError('invalid_request', 'Only a reply can be regenerated.');
      }
      return { chat, parentId: reply.parentId, questionId: null, continues: reply.continues };
    }
    case 'continue': {
      const { message: reply, chat } = yield* accessibleMessage(tx, userId, origin.messageId, 'write');
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

function afterQuestion(chat: ChatRow, questionId: string): ReplyPosition {
  return { chat, parentId: questionId, questionId, continues: null };
}
