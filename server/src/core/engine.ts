import type { Budget, GenerationState, User } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { StartGeneration, StartedGeneration } from '../ports/generation-store.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { Store } from '../ports/store.ts';
import { budgetOf, estimatePrompt, reserve } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import { ProblemError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import { followGeneration } from './follow-generation.ts';
import { recoverGenerations } from './recover-generations.ts';
import { EndRequest, runGeneration } from './run-generation.ts';

export interface EngineSettings {
  defaultModel: string;
  systemPrompt: string | null;
  /** How many messages, the question included, the model sees. */
  contextMessages: number;
  maxOutputTokens: number;
  budgets: BudgetLimits;
}

export interface EngineDependencies {
  store: Store;
  log: EventLog;
  /** Null when there is no model to ask. */
  models: ModelProvider | null;
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

interface Running {
  abort: AbortController;
  finished: Promise<void>;
}

/** Starts, follows and ends replies. One for each process. */
export class Engine {
  readonly #dependencies: EngineDependencies;
  readonly #settings: EngineSettings;
  readonly #running = new Map<string, Running>();
  #isShuttingDown = false;

  constructor(dependencies: EngineDependencies, settings: EngineSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  get runningReplies(): number {
    return this.#running.size;
  }

  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  /** Starts a reply. @returns its log from the beginning @throws ProblemError */
  async start(userId: string, origin: StartGeneration['origin'], askedModel?: string): Promise<EventTail> {
    const { store, log, models, clock, ids, logger } = this.#dependencies;
    const { defaultModel, systemPrompt, contextMessages, maxOutputTokens, budgets } = this.#settings;
    if (this.#isShuttingDown) {
      throw new ProblemError('shutting_down', 'The server is restarting. Try again in a moment.');
    }
    if (models === null) {
      throw new ProblemError('model_not_configured', 'No model is configured on this server.');
    }
    const model = askedModel ?? defaultModel;
    await this.#checkModel(models, model);
    const started = await store.startGeneration({
      userId,
      generationId: ids.generationId(),
      model,
      contextMessages,
      origin,
      reserve: (context, account) =>
        reserve(estimatePrompt(systemPrompt, context), maxOutputTokens, account, budgets, clock.now()),
    });
    const writer = await log.writer(started.generationId);
    const abort = new AbortController();
    const run = runGeneration({ store, models, clock, logger, systemPrompt }, started, writer, abort.signal);
    this.#track(started, abort, run);
    return writer.tail;
  }

  /**
   * The events of a reply after a sequence, durable ones and those to come; null when nothing is left.
   * @throws ProblemError `not_found`, `cursor_ahead`
   */
  follow(userId: string, generationId: string, after: number): Promise<EventTail | null> {
    return followGeneration(this.#dependencies, userId, generationId, after);
  }

  /** Ends a running reply as `stopped`, at the model too, and answers its final state. @throws ProblemError `not_found` */
  async stop(userId: string, generationId: string): Promise<GenerationState> {
    const { store } = this.#dependencies;
    await store.findGeneration(userId, generationId);
    await this.#end(generationId, 'stopped');
    return store.findGeneration(userId, generationId);
  }

  /** Hides a chat and stops its replies. @throws ProblemError `not_found` */
  async deleteChat(userId: string, chatId: string): Promise<void> {
    const running = await this.#dependencies.store.deleteChat(userId, chatId);
    await Promise.all(running.map((generationId) => this.#end(generationId, 'stopped')));
  }

  async budget(user: User): Promise<Budget> {
    const { store, clock } = this.#dependencies;
    return budgetOf(user, await store.spending(user.id), this.#settings.budgets, clock.now());
  }

  /** Ends what an earlier process left behind. Call it before anything is served. */
  async recover(): Promise<void> {
    const count = await recoverGenerations(this.#dependencies);
    if (count > 0) {
      this.#dependencies.logger.warn({ count }, 'ended replies that an earlier process left unfinished');
    }
  }

  /** Refuses new replies and lets those that run go on until the signal aborts, which interrupts the rest. */
  async shutDown(patience: AbortSignal): Promise<void> {
    this.#isShuttingDown = true;
    const interruptAll = () => {
      for (const { abort } of this.#running.values()) abort.abort(new EndRequest('interrupted'));
    };
    if (patience.aborted) interruptAll();
    else patience.addEventListener('abort', interruptAll, { once: true });
    await Promise.all([...this.#running.values()].map(({ finished }) => finished));
    patience.removeEventListener('abort', interruptAll);
  }

  async #checkModel(models: ModelProvider, model: string): Promise<void> {
    if (model === this.#settings.defaultModel) return;
    const known = await models.models(AbortSignal.timeout(5000));
    if (known.some(({ id }) => id === model)) return;
    throw new ProblemError('invalid_request', `There is no model "${model}". GET /api/models lists them.`, {
      errors: [{ path: 'model', message: 'is not a model of this server' }],
    });
  }

  #track({ generationId }: StartedGeneration, abort: AbortController, run: Promise<void>): void {
    const finished = run
      .catch((error: unknown) => {
        this.#dependencies.logger.error(
          { generationId, err: error },
          'the end of a reply could not be written; recovery will do it',
        );
      })
      .finally(() => this.#running.delete(generationId));
    this.#running.set(generationId, { abort, finished });
  }

  async #end(generationId: string, status: 'stopped' | 'interrupted'): Promise<void> {
    const running = this.#running.get(generationId);
    if (running === undefined) return;
    running.abort.abort(new EndRequest(status));
    await running.finished;
  }
}
