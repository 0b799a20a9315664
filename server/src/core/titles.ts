import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import type { StartedGeneration } from '../store/transactions/start-generation.ts';
import { titleFromQuestion, titleFromReply } from './chat-title.ts';
import { ProblemError } from './errors.ts';
import type { FollowUpDependencies, FollowUpSettings } from './follow-up-options.ts';
import type { Launched } from './launch-generation.ts';
import { exchangeToName, titlePrompt } from './prompt.ts';

/**
 * Lets a model write the title of a chat after its first reply, unless a person has set one. A title is a generation with its own
 * reservation and charge.
 */
export class Titles {
  readonly #dependencies: FollowUpDependencies;
  readonly #settings: FollowUpSettings;

  constructor(dependencies: FollowUpDependencies, settings: FollowUpSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /** Waits for the end of a reply, then sets the chat's title. Never rejects. */
  async follow(userId: string, { started, finished }: Launched): Promise<void> {
    const { logger, isShuttingDown } = this.#dependencies;
    const question = firstQuestion(started);
    if (question === null || !(await finished) || isShuttingDown()) return;
    try {
      await this.#setTitle(userId, started, titleFromQuestion(question.parts));
    } catch (error) {
      // The chat was deleted, or the budget is used up: the chat keeps its default title.
      if (error instanceof ProblemError) logger.info({ code: error.code }, 'no title was made');
      else logger.error({ err: error }, 'failed to make title');
    }
  }

  async #setTitle(
    userId: string,
    { chatId, assistantMessage }: StartedGeneration,
    defaultTitle: string,
  ): Promise<void> {
    const { launcher, store, plans, isShuttingDown } = this.#dependencies;
    const { enforcesGlobalLimit } = this.#settings;
    const launched = await launcher.launch({
      begin: (holder) =>
        store.startTitle({
          ...holder,
          userId,
          enforcesGlobalLimit,
          messageId: assistantMessage.id,
          defaultTitle,
          promptFrom: exchangeToName,
          planFor: plans.forTitle(),
        }),
      promptOf: titlePrompt,
      abandonedAfterMs: null,
    });
    if (launched === null || !(await launched.finished) || isShuttingDown()) return;
    const { generation, message } = await store.findReply(userId, launched.started.generationId);
    const title = generation.status === 'completed' ? titleFromReply(messageText(message)) : null;
    if (title !== null) await store.setGeneratedTitle(userId, chatId, { defaultTitle, title });
  }
}

/** The first message of a chat if a model answered it; null for later messages and for cached replies. */
function firstQuestion({ context, cached }: StartedGeneration): Message | null {
  const [question] = context;
  const isFirst = context.length === 1 && question?.role === 'user' && question.parentId === null;
  return isFirst && cached === null ? question : null;
}
