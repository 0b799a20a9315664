import type { Message } from '@millrace/protocol';
import { ProblemError } from './errors.ts';
import type { FollowUpDependencies, FollowUpSettings } from './follow-up-options.ts';
import type { Launched } from './launch-generation.ts';
import { summaryPrompt } from './prompt.ts';
import { SUMMARY_LOOKBACK_CONTEXTS } from './summary-lookback.ts';

/**
 * Summarizes the messages of long chats that no longer fit into the context. A summary is made after a reply, so that no question
 * waits for it, and is a generation with its own reservation and charge.
 */
export class Summaries {
  readonly #dependencies: FollowUpDependencies;
  readonly #settings: FollowUpSettings;

  constructor(dependencies: FollowUpDependencies, settings: FollowUpSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /** Waits for the end of a reply, then starts a summary if the next question needs one. Never rejects. */
  async follow(userId: string, { started, finished }: Launched): Promise<void> {
    const { launcher, store, logger, plans, isShuttingDown } = this.#dependencies;
    const { contextMessages, enforcesGlobalLimit } = this.#settings;
    // The reply and the next question make the path longer by two.
    if (started.context.length + 2 <= contextMessages || !(await finished) || isShuttingDown()) return;
    const { assistantMessage } = started;
    try {
      await launcher.launch({
        begin: (holder) =>
          store.startSummary({
            ...holder,
            userId,
            enforcesGlobalLimit,
            messageId: assistantMessage.id,
            pathMessages: contextMessages * SUMMARY_LOOKBACK_CONTEXTS,
            countToSummarize: (path) => messagesToSummarize(path, contextMessages),
            planFor: plans.forSummary(),
          }),
        promptOf: summaryPrompt,
        abandonedAfterMs: null,
      });
    } catch (error) {
      // The chat was deleted, or the budget is used up: the next reply has less context.
      if (error instanceof ProblemError) logger.info({ code: error.code }, 'no summary was made');
      else logger.error({ err: error }, 'failed to start summary');
    }
  }
}

/**
 * How many messages, from the start of a path, the new summary covers; 0 makes none. The rest of the path fits into the context of
 * the next question. About half a context stays uncovered, or every reply would need a new summary.
 */
export function messagesToSummarize(path: readonly Message[], contextMessages: number): number {
  if (path.length < contextMessages) return 0;
  let count = path.length - Math.floor(contextMessages / 2);
  // The messages that are sent must start with a question.
  while (count < path.length && path[count]?.role !== 'user') count += 1;
  return count;
}
