import type {
  Budget,
  ChatSettings,
  GenerationState,
  Timestamp,
  UsageReport,
  UserAccount,
} from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { IdempotencyKey, StartGeneration } from '../ports/generation-store.ts';
import type { Ids } from '../ports/ids.ts';
import type { Account } from '../ports/ledger-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { Prices } from '../ports/prices.ts';
import type { Store } from '../ports/store.ts';
import type { TokenCounter } from '../ports/token-counter.ts';
import { budgetOf } from './budget.ts';
import { settingsChange } from './chat-settings.ts';
import { ProblemError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import { followGeneration } from './follow-generation.ts';
import { GenerationLauncher } from './launch-generation.ts';
import type { Lease } from './lease.ts';
import { ModelCatalogue } from './model-catalogue.ts';
import { replyPrompt } from './prompt.ts';
import { ReplyPlans } from './reply-plans.ts';
import type { PlanSettings } from './reply-plans.ts';
import { StopReason } from './run-generation.ts';
import { RunningGenerations } from './running-generations.ts';
import type { Books } from './settle.ts';
import { Summaries } from './summaries.ts';
import { Titles } from './titles.ts';

export interface EngineSettings extends PlanSettings {
  /** How many messages, the question included, the model sees. */
  contextMessages: number;
  /** Whether what those leave out is summarized. */
  summaries: boolean;
  /** Whether chats are named by a model. */
  titles: boolean;
  /** How many replies of one user may run at once; null for any number. */
  maxConcurrentReplies: number | null;
  /** A reply that nobody has read for so long is stopped (ms); null never. */
  abandonedAfter: number | null;
}

export interface EngineDependencies {
  store: Store;
  log: EventLog;
  lease: Lease;
  /** Null when there is no model to ask. */
  models: ModelProvider | null;
  /** Null like the models. */
  counter: TokenCounter | null;
  prices: Prices;
  /** Told of each charge. */
  onCharge: Books['onCharge'];
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

export interface StartOptions {
  model?: string | undefined;
  idempotency?: IdempotencyKey | null;
  /** After how long without a reader this one is stopped (ms), if that is sooner than for all; null leaves it at that. */
  abandonedAfter?: number | null;
}

/** How long whoever stops a reply of another node waits for it to end (ms). */
const STOP_PATIENCE = 10_000;

/** Starts, follows and ends replies. One for each process. */
export class Engine {
  readonly #dependencies: EngineDependencies;
  readonly #settings: EngineSettings;
  readonly #running: RunningGenerations;
  readonly #catalogue: ModelCatalogue;
  readonly #plans: ReplyPlans;
  /** Null when there is no model to ask. */
  readonly #launcher: GenerationLauncher | null;
  readonly #summaries: Summaries | null;
  readonly #titles: Titles | null;
  #isShuttingDown = false;

  constructor(dependencies: EngineDependencies, settings: EngineSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#running = new RunningGenerations(dependencies, settings.budgets);
    const { models, counter, store, logger } = dependencies;
    const catalogue = new ModelCatalogue(models, settings.defaultModel);
    this.#catalogue = catalogue;
    this.#plans = new ReplyPlans({ ...dependencies, catalogue }, settings);
    this.#launcher =
      models &&
      counter &&
      new GenerationLauncher({ ...dependencies, models, counter, catalogue }, this.#running);
    const background = this.#launcher && { launcher: this.#launcher, store, logger };
    const enforcesGlobalLimit = settings.budgets.total !== null;
    const isClosing = () => this.#isShuttingDown;
    const { contextMessages } = settings;
    this.#summaries =
      background &&
      new Summaries(background, {
        contextMessages,
        enforcesGlobalLimit,
        isClosing,
        planFor: this.#plans.forSummary(),
      });
    this.#titles =
      background && settings.titles
        ? new Titles(background, { enforcesGlobalLimit, isClosing, planFor: this.#plans.forTitle() })
        : null;
  }

  get runningReplies(): number {
    return this.#running.size;
  }

  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  /**
   * Starts a reply; asked again with the same key, finds the one it started.
   * @returns its log from the beginning
   * @throws ProblemError
   */
  async start(
    userId: string,
    origin: StartGeneration['origin'],
    options: StartOptions = {},
  ): Promise<EventTail> {
    const { store } = this.#dependencies;
    const { maxConcurrentReplies, budgets } = this.#settings;
    const { model, idempotency = null, abandonedAfter = null } = options;
    // What a request brings along is what it wants to be read.
    const { contextMessages, summaries } =
      origin.kind === 'transcript'
        ? { contextMessages: origin.messages.length, summaries: false }
        : this.#settings;
    const launched = await this.#readyLauncher().launch({
      begin: (holder) =>
        store.startGeneration({
          ...holder,
          userId,
          origin,
          idempotency,
          planFor: this.#plans.forReply(origin, model),
          contextMessages,
          maxConcurrentReplies,
          enforcesGlobalLimit: budgets.total !== null,
          usesSummaries: summaries,
        }),
      promptOf: replyPrompt,
      abandonedAfter: soonest(this.#settings.abandonedAfter, abandonedAfter),
    });
    if ('repeats' in launched) return this.#repeat(userId, launched.repeats);
    if (summaries) void this.#summaries?.follow(userId, launched);
    if (origin.kind !== 'transcript') void this.#titles?.follow(userId, launched);
    return launched.tail;
  }

  /**
   * The events of a reply after a sequence, durable ones and those to come; null when nothing is left.
   * @throws ProblemError `not_found`, `cursor_ahead`
   */
  follow(userId: string, generationId: string, after: number): Promise<EventTail | null> {
    return followGeneration(this.#dependencies, userId, generationId, after);
  }

  /**
   * Ends a running reply as `stopped`, at the model too, and answers its final state.
   * @throws ProblemError `not_found`; `storage_failed` when its end can't be written yet, though the model was stopped
   */
  async stop(userId: string, generationId: string): Promise<GenerationState> {
    const { store } = this.#dependencies;
    const state = await store.findGeneration(userId, generationId);
    if (state.status !== 'running') return state;
    await this.#stop(generationId);
    const ended = await store.findGeneration(userId, generationId);
    if (ended.status !== 'running') return ended;
    throw new ProblemError(
      'storage_failed',
      'The reply is being stopped, but that could not be written down yet.',
      {
        retryAfter: 1,
      },
    );
  }

  /**
   * What the settings of a chat become with some of them given anew; those given as null go.
   * @returns for the transaction that changes them; throws the same
   * @throws ProblemError `invalid_request`
   */
  settingsChange(changes: ChatSettings): Promise<(current: ChatSettings) => ChatSettings> {
    return settingsChange(changes, this.#settings, this.#catalogue);
  }

  /** Hides a chat and stops its replies. @returns when it was hidden; @throws ProblemError `not_found` */
  async deleteChat(userId: string, chatId: string): Promise<Timestamp> {
    const { running, deletedAt } = await this.#dependencies.store.deleteChat(userId, chatId);
    await Promise.all(running.map((generationId) => this.#stop(generationId)));
    return deletedAt;
  }

  async budget(userId: string): Promise<Budget> {
    const { store, clock } = this.#dependencies;
    return budgetOf(await store.account(userId), this.#settings.budgets, clock.now());
  }

  /** A user as administrators see them. */
  accountOf(account: Account): UserAccount {
    const { user, limits } = account;
    const { tokens, costMicros } = limits;
    const { clock } = this.#dependencies;
    return {
      user,
      budget: budgetOf(account, this.#settings.budgets, clock.now()),
      limits: { tokens, costMicros },
    };
  }

  /**
   * Stops a user's replies, and removes them with all they had but the ledger.
   * @returns who they were to whoever vouched for them
   * @throws ProblemError `not_found`, `invalid_request`
   */
  async deleteUser(actorId: string, userId: string): Promise<{ issuer: string; subject: string }> {
    for (;;) {
      const { running, ...identity } = await this.#dependencies.store.deleteUser(actorId, userId);
      if (running.length === 0) return identity;
      await Promise.all(running.map((generationId) => this.#stop(generationId)));
    }
  }

  async usage(userId: string): Promise<UsageReport> {
    const budget = await this.budget(userId);
    const { limit, used } = budget;
    const percentUsed = limit === null || limit === 0 ? null : Math.round((used / limit) * 1000) / 10;
    return { budget, percentUsed, ...(await this.#dependencies.store.usage(userId)) };
  }

  /** Renews this node's lease and takes over what lapsed nodes left. Call it first, and then regularly. */
  async keepLease(): Promise<void> {
    const inherited = await this.#dependencies.lease.keep();
    if (inherited > 0) void this.#running.recoverNow();
  }

  /**
   * Ends what lapsed nodes left. Call it before anything is served, and then regularly, beside the keeping of the lease: it waits for
   * an event log that is away, and others must not take this node for dead meanwhile.
   */
  async recover(): Promise<void> {
    await this.#running.recover();
  }

  /** Stops replies that another node was asked to stop, or that nobody has read for too long. Call it often. */
  async tick(): Promise<void> {
    if (this.#running.size === 0) return;
    const { store, lease } = this.#dependencies;
    const asked = await store.stopRequests(lease.nodeId);
    for (const generationId of [...asked, ...this.#running.abandoned()]) {
      this.#running.abort(generationId, new StopReason('stopped'));
    }
  }

  /** Refuses new replies, lets those that run go on until the signal aborts, which interrupts the rest, and gives up the lease. */
  async shutDown(patience: AbortSignal): Promise<void> {
    this.#isShuttingDown = true;
    await this.#running.drain(patience);
    await this.#dependencies.lease.release();
  }

  /** @throws ProblemError `model_not_configured`, `shutting_down` */
  #readyLauncher(): GenerationLauncher {
    if (this.#launcher === null) {
      throw new ProblemError('model_not_configured', 'No model is configured on this server.');
    }
    if (this.#isShuttingDown) {
      throw new ProblemError('shutting_down', 'The server is restarting. Try again in a moment.');
    }
    return this.#launcher;
  }

  async #repeat(userId: string, generationId: string): Promise<EventTail> {
    const tail = await this.follow(userId, generationId, 0);
    if (tail === null) throw new Error(`${generationId} has no events and no end`);
    return tail;
  }

  async #stop(generationId: string): Promise<void> {
    if (await this.#running.end(generationId, new StopReason('stopped'))) return;
    const { store, log } = this.#dependencies;
    await store.requestStop(generationId);
    const tail = await log.open(generationId, 0);
    await tail.whenEnded(AbortSignal.timeout(STOP_PATIENCE));
  }
}

function soonest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
