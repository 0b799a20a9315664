import { toSettings } from '../rows.ts';
import type { ChatRow } from '../schema.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { beginGeneration, decideReservation } from './begin-generation.ts';
import type { PromptContext } from './prompt-context.ts';
import type { StartedGeneration, StartGeneration } from './start-generation.ts';

/** What every start of a background generation needs. */
export type StartBackgroundGeneration = Pick<
  StartGeneration,
  'userId' | 'generationId' | 'nodeId' | 'enforcesGlobalLimit' | 'planFor'
>;

export interface BackgroundGeneration {
  /** The chat whose settings apply, and that the ledger names. */
  chat: ChatRow;
  /** The chat that gets the message. */
  targetChat: ChatRow;
  /** The message that the new one follows. */
  parentId: string;
  context: PromptContext;
}

/** Begins a generation that is not a reply, such as a summary or a title. It doesn't count as one of the running replies. */
export function* beginBackgroundGeneration(
  tx: TransactionContext,
  { userId, generationId, nodeId, enforcesGlobalLimit, planFor }: StartBackgroundGeneration,
  { chat, targetChat, parentId, context }: BackgroundGeneration,
): Transaction<StartedGeneration> {
  const { settings, reserve } = planFor(toSettings(chat));
  const { model } = settings;
  const reservation = yield* decideReservation(tx, userId, context, { enforcesGlobalLimit, reserve });
  const { message } = yield* beginGeneration(tx, {
    userId,
    generationId,
    nodeId,
    model,
    chat: targetChat,
    bookedChatId: chat.id,
    reservation,
    parentId,
    role: 'system',
    continues: null,
    questionId: null,
    questionKey: null,
    cachedFrom: null,
  });
  return {
    chatId: targetChat.id,
    generationId,
    model,
    promptTokens: reservation.promptTokens,
    settings,
    reservation,
    ...context,
    userMessage: null,
    assistantMessage: message,
    cached: null,
  };
}
