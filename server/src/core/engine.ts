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
import type { Store } from '../store/store.ts';
import type { Account } from '../store/transactions/accounts.ts';
import type { IdempotencyKey } from '../store/transactions/idempotency.ts';
import type { StartGeneration } from '../store/transactions/start-generation.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { Prices } from '../ports/prices.ts';
import type { TokenCounter } from '../ports/token-counter.ts';
import { budgetOf, toUserAccount } from './budget.ts';
import { settingsChange } from './chat-settings.ts';
import { ProblemError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import { followGeneration } from './follow-generation.ts';
import { FollowUps } from './follow-ups.ts';
import type { FollowUpSettings } from './follow-up-options.ts';
import { GenerationLauncher } from './launch-generation.ts';
import type { Lease } from './lease.ts';
import { ModelCatalogue } from './model-catalogue.ts';
import { replyPrompt } from './prompt.ts';
import { ReplyPlans } from './reply-plans.ts';
import type { PlanSettings } from './reply-plans.ts';
import type { ResilientModel } from './resilient-model.ts';
import { StopReason } from './run-generation.ts';
import { RunningGenerations } from './running-generations.ts';
import type { SettlementDependencies } from './settle.ts';

export interface EngineSettings extends PlanSettings, Omit<FollowUpSettings, 'enforcesGlobalLimit'> {
  /** How many replies of one user may run at once; null for no limit. */
  maxConcurrentReplies: number | null;
  /** Time without a reader after which a reply is stopped; null never stops it. */
  abandonedAfterMs: number | null;
}

export interface EngineDependencies {
  store: Store;
  log: EventLog;
  lease: Lease;
  /** Null when no model is configured. */
  models: ResilientModel | null;
  /** Null when no model is configured. */
  counter: TokenCounter | null;
  prices: Prices;
  onCharge: SettlementDependencies['onCharge'];
  clock: Clock;
  ids: Ids;
  logger: Logger;
}

export interface StartOptions {
  model?: string | undefined;
  idempotency?: IdempotencyKey | null;
  /** Stops this reply sooner than the setting does; null leaves it at the setting. */
  abandonedAfterMs?: number | null;
}

/** How long a stop waits for another node to end the reply. */
const REMOTE_STOP_TIMEOUT_MS = 10_000;

/** Starts, follows and ends replies. One per process. */
export class Engine {
  readonly #dependencies: EngineDependencies;
  readonly #settings: EngineSettings;
  readonly #running: RunningGenerations;
  readonly #catalogue: ModelCatalogue;
  readonly #plans: ReplyPlans;
  readonly #enforcesGlobalLimit: boolean;
  /** Null when no model is configured. */
  readonly #launcher: GenerationLauncher | null = null;
  readonly #followUps: FollowUps | null = null;
  #isShuttingDown = false;

  constructor(dependencies: EngineDependencies, settings: EngineSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#enforcesGlobalLimit = settings.budgets.total !== null;
    this.#running = new RunningGenerations(dependencies, settings.budgets);
    const { models, counter } = dependencies;
    const catalogue = new ModelCatalogue(models, settings.defaultModel);
    const plans = new ReplyPlans({ ...dependencies, catalogue }, settings);
    this.#catalogue = catalogue;
    this.#plans = plans;
    if (models === null || counter === null) return;
    const launcher = new GenerationLauncher({ ...dependencies, models, counter, catalogue }, this.#running);
    this.#launcher = launcher;
    this.#followUps = new FollowUps(
      { ...dependencies, launcher, plans, isShuttingDown: () => this.#isShuttingDown },
      { ...settings, enforcesGlobalLimit: this.#enforcesGlobalLimit },
    );
  }

  get runningReplies(): number {
    return this.#running.size;
  }

  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  /**
   * Starts a reply. A second call with the same idempotency key returns the reply that the first one started.
   * @returns the reply's log from the beginning
   * @throws ProblemError
   */
  async start(
    userId: string,
    origin: StartGeneration['origin'],
    options: StartOptions = {},
  ): Promise<EventTail> {
    const { store } = this.#dependencies;
    const { maxConcurrentReplies, contextMessages, summaries } = this.#settings;
    const { model, idempotency = null, abandonedAfterMs = null } = options;
    const isTranscript = origin.kind === 'transcript';
    const launched = await this.#readyLauncher().launch({
      begin: (holder) =>
        store.startGeneration({
          ...holder,
          userId,
          origin,
          idempotency,
          planFor: this.#plans.forReply(origin, model),
          // The model is sent a whole transcript.
          contextMessages: isTranscript ? origin.messages.length : contextMessages,
          maxConcurrentReplies,
          enforcesGlobalLimit: this.#enforcesGlobalLimit,
          usesSummaries: summaries && !isTranscript,
        }),
      promptOf: replyPrompt,
      abandonedAfterMs: shorter(this.#settings.abandonedAfterMs, abandonedAfterMs),
    });
    if ('repeats' in launched) return this.#existingReply(userId, launched.repeats);
    this.#followUps?.start(userId, launched, origin);
    return launched.tail;
  }

  /**
   * The events of a reply after a sequence number, including future ones; null when there are none left.
   * @throws ProblemError `not_found`, `cursor_ahead`
   */
  follow(userId: string, generationId: string, after: number): Promise<EventTail | null> {
    return followGeneration(this.#dependencies, userId, generationId, after);
  }

  /**
   * Stops a running reply, closes its model connection and returns its final state.
   * @throws ProblemError `not_found`; `storage_failed` when the model was stopped but the reply's end isn't saved yet
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
      'The reply is being stopped, but its end could not be saved yet. Try again in a moment.',
      { retryAfterSeconds: 1 },
    );
  }

  /**
   * Checks a change of a chat's settings. A setting given as null is removed.
   * @returns a function that applies the change within the transaction; it throws the same errors
   * @throws ProblemError `invalid_request`
   */
  settingsChange(changes: ChatSettings): Promise<(current: ChatSettings) => ChatSettings> {
    return settingsChange(changes, this.#settings, this.#catalogue);
  }

  /** Hides a chat and stops its replies. @returns when it was hidden. @throws ProblemError `not_found` */
  async deleteChat(userId: string, chatId: string): Promise<Timestamp> {
    const { running, deletedAt } = await this.#dependencies.store.deleteChat(userId, chatId);
    await Promise.all(running.map((generationId) => this.#stop(generationId)));
    return deletedAt;
  }

  async budget(userId: string): Promise<Budget> {
    const { store, clock } = this.#dependencies;
    return budgetOf(await store.findAccount(userId), this.#settings.budgets, clock.now());
  }

  /** A user's account as administrators see it. */
  accountOf(account: Account): UserAccount {
    return toUserAccount(account, this.#settings.budgets, this.#dependencies.clock.now());
  }

  /**
   * Stops a user's replies, then deletes the user's data, except for the ledger.
   * @returns the user's identity at the issuer that authenticated them
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
    return { budget, percentUsed, ...(await this.#dependencies.store.findUsage(userId)) };
  }

  /** Renews this node's lease and takes over the generations of expired nodes. Call it first, and then regularly. */
  async keepLease(): Promise<void> {
    const takenOver = await this.#dependencies.lease.keep();
    if (takenOver > 0) void this.#running.recoverNow();
  }

  /**
   * Ends the generations that expired nodes left unfinished. Call it before serving requests, and then regularly, on a timer of its own:
   * it waits for an unavailable event log, and the lease must be renewed meanwhile.
   */
  async recover(): Promise<void> {
    await this.#running.recover();
  }

  /** Stops replies that another node requested to stop, and abandoned ones. Call it often. */
  async tick(): Promise<void> {
    if (this.#running.size === 0) return;
    const { store, lease } = this.#dependencies;
    const requested = await store.listStopRequests(lease.nodeId);
    for (const generationId of [...requested, ...this.#running.abandoned()]) {
      this.#running.abort(generationId, new StopReason('stopped'));
    }
  }

  /** Refuses new replies, waits for running ones, interrupts those that still run when the signal aborts, and releases the lease. */
  async shutDown(deadline: AbortSignal): Promise<void> {
    this.#isShuttingDown = true;
    await this.#running.drain(deadline);
    await this.#dependencies.lease.release();
  }

  /** @throws ProblemError `model_not_configured`, `shutting_down` */
  #readyLauncher(): GenerationLauncher {
    if (this.#launcher === null) {
      throw new ProblemError(
        'model_not_configured',
        'No model is configured on this server. Its administrator can choose one with AI_PROVIDER.',
      );
    }
    if (this.#isShuttingDown) {
      throw new ProblemError('shutting_down', 'The server is restarting. Try again in a moment.');
    }
    return this.#launcher;
  }

  async #existingReply(userId: string, generationId: string): Promise<EventTail> {
    const tail = await this.follow(userId, generationId, 0);
    if (tail === null) throw new Error(`Generation ${generationId} has no events and no terminal event`);
    return tail;
  }

  async #stop(generationId: string): Promise<void> {
    if (await this.#running.end(generationId, new StopReason('stopped'))) return;
    const { store, log } = this.#dependencies;
    await store.requestStop(generationId);
    const tail = await log.open(generationId, 0);
    await tail.whenEnded(AbortSignal.timeout(REMOTE_STOP_TIMEOUT_MS));
  }
}

function shorter(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
