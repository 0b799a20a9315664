import type { Budget, GenerationState, UsageReport, UserAccount } from '@millrace/protocol';
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
import { budgetOf, estimatePrompt, reserve } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import { LeaseLostError, ProblemError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import { followGeneration } from './follow-generation.ts';
import type { Lease } from './lease.ts';
import { EndRequest, runGeneration } from './run-generation.ts';
import { RunningGenerations } from './running-generations.ts';
import type { Books } from './settle.ts';

export interface EngineSettings {
  defaultModel: string;
  systemPrompt: string | null;
  /** How many messages, the question included, the model sees. */
  contextMessages: number;
  maxOutputTokens: number;
  budgets: BudgetLimits;
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

/** A renewal that was under way when the node fell asleep tells nothing; the next one does. */
const LEASE_ATTEMPTS = 3;
/** How long whoever stops a reply of another node waits for it to end (ms). */
const STOP_PATIENCE = 10_000;

/** Starts, follows and ends replies. One for each process. */
export class Engine {
  readonly #dependencies: EngineDependencies;
  readonly #settings: EngineSettings;
  readonly #running: RunningGenerations;
  #isShuttingDown = false;

  constructor(dependencies: EngineDependencies, settings: EngineSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#running = new RunningGenerations(dependencies, settings.budgets);
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
    options: { model?: string | undefined; idempotency?: IdempotencyKey | null } = {},
  ): Promise<EventTail> {
    const { store, log, models, counter, prices, clock, ids, logger } = this.#dependencies;
    const { defaultModel, systemPrompt, contextMessages, maxOutputTokens, budgets } = this.#settings;
    if (models === null || counter === null) {
      throw new ProblemError('model_not_configured', 'No model is configured on this server.');
    }
    const model = options.model ?? defaultModel;
    await this.#checkModel(models, model);
    if (this.#isShuttingDown) {
      throw new ProblemError('shutting_down', 'The server is restarting. Try again in a moment.');
    }
    const generationId = ids.generationId();
    const release = this.#running.reserve(generationId);
    try {
      const { nodeId, begun } = await this.#underLease((holder) =>
        store.startGeneration({
          userId,
          generationId,
          nodeId: holder,
          model,
          idempotency: options.idempotency ?? null,
          maxConcurrentReplies: this.#settings.maxConcurrentReplies,
          heedsTotal: budgets.total !== null,
          contextMessages,
          origin,
          reserve: (context, account, total) => {
            const now = clock.now();
            const promptTokens = estimatePrompt(systemPrompt, context);
            const wanted = { promptTokens, maxOutputTokens, prices: prices.of(model, now) };
            return reserve(wanted, account, total, budgets, now);
          },
        }),
      );
      if ('repeats' in begun) return await this.#repeat(userId, begun.repeats);
      const writer = await log.writer(generationId, nodeId, { isNew: true });
      const abort = new AbortController();
      const run = runGeneration(
        { models, counter, clock, logger, systemPrompt },
        begun,
        writer,
        abort.signal,
      );
      this.#running.track(generationId, { abort, writer, nodeId, run });
      return writer.tail;
    } finally {
      release();
    }
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

  /** Hides a chat and stops its replies. @throws ProblemError `not_found` */
  async deleteChat(userId: string, chatId: string): Promise<void> {
    const running = await this.#dependencies.store.deleteChat(userId, chatId);
    await Promise.all(running.map((generationId) => this.#stop(generationId)));
  }

  async budget(userId: string): Promise<Budget> {
    const { store, clock } = this.#dependencies;
    return budgetOf(await store.account(userId), this.#settings.budgets, clock.now());
  }

  /** A user as administrators see them. */
  accountOf(account: Account): UserAccount {
    const { user, limits } = account;
    const { tokens, micros } = limits;
    const { clock } = this.#dependencies;
    return {
      user,
      budget: budgetOf(account, this.#settings.budgets, clock.now()),
      limits: { tokens, micros },
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

  /** Renews this node's lease and ends what lapsed nodes left. Call it before anything is served, and then regularly. */
  async keepLease(): Promise<void> {
    await this.#dependencies.lease.keep();
    await this.#running.recover();
  }

  /** Stops replies that another node was asked to stop, or that nobody has read for too long. Call it often. */
  async tick(): Promise<void> {
    if (this.#running.size === 0) return;
    const { store, lease } = this.#dependencies;
    const { abandonedAfter } = this.#settings;
    const asked = await store.stopRequests(lease.nodeId);
    const abandoned = abandonedAfter === null ? [] : this.#running.unreadFor(abandonedAfter);
    for (const generationId of [...asked, ...abandoned]) {
      this.#running.abort(generationId, new EndRequest('stopped'));
    }
  }

  /** Refuses new replies, lets those that run go on until the signal aborts, which interrupts the rest, and gives up the lease. */
  async shutDown(patience: AbortSignal): Promise<void> {
    this.#isShuttingDown = true;
    await this.#running.drain(patience);
    await this.#dependencies.lease.release();
  }

  /** A node struck off while it slept learns of it here at the latest, and begins anew. */
  async #underLease<Result>(
    begin: (nodeId: string) => Promise<Result>,
  ): Promise<{ nodeId: string; begun: Result }> {
    const { lease } = this.#dependencies;
    for (let attempt = 1; ; attempt += 1) {
      const { nodeId } = lease;
      try {
        return { nodeId, begun: await begin(nodeId) };
      } catch (error) {
        if (!(error instanceof LeaseLostError) || attempt === LEASE_ATTEMPTS) throw error;
        await lease.keep();
      }
    }
  }

  async #repeat(userId: string, generationId: string): Promise<EventTail> {
    const tail = await this.follow(userId, generationId, 0);
    if (tail === null) throw new Error(`${generationId} has no events and no end`);
    return tail;
  }

  async #stop(generationId: string): Promise<void> {
    if (await this.#running.end(generationId, new EndRequest('stopped'))) return;
    const { store, log } = this.#dependencies;
    await store.requestStop(generationId);
    const tail = await log.open(generationId, 0);
    await tail.whenEnded(AbortSignal.timeout(STOP_PATIENCE));
  }

  async #checkModel(models: ModelProvider, model: string): Promise<void> {
    if (model === this.#settings.defaultModel) return;
    const known = await models.models(AbortSignal.timeout(5000));
    if (known.some(({ id }) => id === model)) return;
    throw new ProblemError('invalid_request', `There is no model "${model}". GET /api/models lists them.`, {
      errors: [{ path: 'model', message: 'is not a model of this server' }],
    });
  }
}
