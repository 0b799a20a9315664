import type { Message } from '@millrace/protocol';
import type { ChatStore } from '../ports/chat-store.ts';
import type { GenerationStore, StartedGeneration, StartTitle } from '../ports/generation-store.ts';
import type { Logger } from '../ports/logger.ts';
import { titleIn, titleOfQuestion } from './chat-title.ts';
import { ProblemError } from './errors.ts';
import type { GenerationLauncher, Launched } from './launch-generation.ts';
import { exchangeToName, textOf, titlePrompt } from './prompt.ts';

interface TitleOptions {
  enforcesGlobalLimit: boolean;
  /** Whether nothing new is begun any more. */
  isClosing: () => boolean;
  planFor: StartTitle['planFor'];
}

/**
 * Has chats named by a model once their first reply has ended, if nobody has named them. Nobody waits for it, and each title is a
 * generation of its own with a reservation and a charge.
 */
export class Titles {
  readonly #launcher: GenerationLauncher;
  readonly #store: GenerationStore & ChatStore;
  readonly #logger: Logger;
  readonly #options: TitleOptions;

  constructor(
    {
      launcher,
      store,
      logger,
    }: { launcher: GenerationLauncher; store: GenerationStore & ChatStore; logger: Logger },
    options: TitleOptions,
  ) {
    this.#launcher = launcher;
    this.#store = store;
    this.#logger = logger;
    this.#options = options;
  }

  /** Waits for the end of a reply. Never rejects. */
  async follow(userId: string, { started, finished }: Launched): Promise<void> {
    const question = firstQuestion(started);
    if (question === null || !(await finished) || this.#options.isClosing()) return;
    try {
      await this.#name(userId, started, titleOfQuestion(question.parts));
    } catch (error) {
      // The chat is gone, or its owner's budget: then it is called as it was.
      if (error instanceof ProblemError) this.#logger.info({ code: error.code }, 'no title was made');
      else this.#logger.error({ err: error }, 'a title could not be made');
    }
  }

  async #name(
    userId: string,
    { chatId, assistantMessage }: StartedGeneration,
    untitled: string,
  ): Promise<void> {
    const { enforcesGlobalLimit, planFor, isClosing } = this.#options;
    const launched = await this.#launcher.launch({
      begin: (holder) =>
        this.#store.startTitle({
          ...holder,
          userId,
          enforcesGlobalLimit,
          messageId: assistantMessage.id,
          untitled,
          tell: exchangeToName,
          planFor,
        }),
      promptOf: titlePrompt,
      abandonedAfter: null,
    });
    // Whoever is closing has no time for it: the chat is called as it was.
    if (launched === null || !(await launched.finished) || isClosing()) return;
    const { generation, message } = await this.#store.findReply(userId, launched.started.generationId);
    const title = generation.status === 'completed' ? titleIn(textOf(message)) : null;
    if (title !== null) await this.#store.nameChat(userId, chatId, { untitled, title });
  }
}

/** The question, where nothing was said before it and a model was asked. */
function firstQuestion({ context, cached }: StartedGeneration): Message | null {
  const [question] = context;
  const isFirst = context.length === 1 && question?.role === 'user' && question.parentId === null;
  return isFirst && cached === null ? question : null;
}
