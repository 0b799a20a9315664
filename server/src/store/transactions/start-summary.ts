import type { Message } from '@millrace/protocol';
import { lockUser } from '../locks.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { beginBackgroundGeneration } from './background-generation.ts';
import type { StartBackgroundGeneration } from './background-generation.ts';
import { requireLease } from './begin-generation.ts';
import { accessibleMessage } from './messages.ts';
import { listSummaries, loadPath } from './prompt-context.ts';
import type { StartedGeneration } from './start-generation.ts';

export interface StartSummary extends StartBackgroundGeneration {
  /** The end of the path whose beginning is summarized. */
  messageId: string;
  /** How many messages of the path are considered, at most. */
  pathMessages: number;
  /** Decides how many of the messages since the last summary the new one covers; 0 for no summary. */
  countToSummarize(path: readonly Message[]): number;
}

/**
 * Begins a summary of a path: a system message that follows the last message it covers.
 * @returns null when a summary is running, or nothing needs to be summarized
 * @throws ProblemError `not_found`, `budget_exceeded`
 */
export function* startSummary(
  tx: TransactionContext,
  start: StartSummary,
): Transaction<StartedGeneration | null> {
  const { userId, nodeId, messageId, pathMessages } = start;
  yield* lockUser(tx, userId);
  yield* requireLease(tx, nodeId);
  const { chat } = yield* accessibleMessage(tx, userId, messageId, 'write');
  const summaries = yield* listSummaries(tx, messageId, pathMessages);
  if (summaries.some(({ isCompleted }) => !isCompleted)) return null;

  const [newest] = summaries;
  if (newest?.depth === 1) return null;
  const path = yield* loadPath(tx, messageId, (newest?.depth ?? pathMessages + 1) - 1);
  const messages = path.context.slice(0, start.countToSummarize(path.context));
  const last = messages.at(-1);
  if (last === undefined) return null;
  const context = {
    summary: newest?.text ?? null,
    context: messages,
    providerData: path.providerData,
    // A summary mentions files by name only.
    files: new Map(),
    omittedFileCount: 0,
  };
  return yield* beginBackgroundGeneration(tx, start, { chat, targetChat: chat, parentId: last.id, context });
}
