import type { Message } from '@millrace/protocol';
import type { GenerationStore, StartSummary } from '../ports/generation-store.ts';
import type { Logger } from '../ports/logger.ts';
import { ProblemError } from './errors.ts';
import type { GenerationLauncher, Launched } from './launch-generation.ts';
import { summaryPrompt } from './prompt.ts';

/** How far back a summary looks for messages that none has told, in windows of context. */
const WINDOWS = 4;

interface SummaryOptions {
  /** How many messages, the question included, the model sees. */
  contextMessages: number;
  enforcesGlobalLimit: boolean;
  /** Whether nothing new is begun any more. */
  isClosing: () => boolean;
  planFor: StartSummary['planFor'];
}

/**
 * Keeps notes of what no longer fits into the context of long chats. They are made once a reply has ended, so that no question
 * waits for them, and each is a generation of its own with a reservation and a charge.
 */
export class Summaries {
  readonly #launcher: GenerationLauncher;
  readonly #store: GenerationStore;
  readonly #logger: Logger;
  readonly #options: SummaryOptions;

  constructor(
    { launcher, store, logger }: { launcher: GenerationLauncher; store: GenerationStore; logger: Logger },
    options: SummaryOptions,
  ) {
    this.#launcher = launcher;
    this.#store = store;
    this.#logger = logger;
    this.#options = options;
  }

  /** Waits for the end of a reply. Never rejects. */
  async follow(userId: string, { started, finished }: Launched): Promise<void> {
    const { contextMessages, enforcesGlobalLimit, planFor, isClosing } = this.#options;
    // The reply, and the question after it.
    if (started.context.length + 2 <= contextMessages || !(await finished) || isClosing()) return;
    const { assistantMessage } = started;
    try {
      await this.#launcher.launch({
        begin: (holder) =>
          this.#store.startSummary({
            ...holder,
            userId,
            enforcesGlobalLimit,
            messageId: assistantMessage.id,
            pathMessages: contextMessages * WINDOWS,
            choose: (path) => toldBy(path, contextMessages),
            planFor,
          }),
        promptOf: summaryPrompt,
        abandonedAfter: null,
      });
    } catch (error) {
      // The chat is gone, or its owner's budget: then the next reply knows less.
      if (error instanceof ProblemError) this.#logger.info({ code: error.code }, 'no summary was made');
      else this.#logger.error({ err: error }, 'a summary could not be begun');
    }
  }
}

/**
 * How many messages of a path a summary has to tell, so that the next question is sent with all that it doesn't. About half
 * a window is left out of it: else there would have to be one after every reply.
 */
export function toldBy(path: readonly Message[], contextMessages: number): number {
  if (path.length < contextMessages) return 0;
  let told = path.length - Math.floor(contextMessages / 2);
  // What is sent begins with a question.
  while (told < path.length && path[told]?.role !== 'user') told += 1;
  return told;
}
