import type { Clock } from '../ports/clock.ts';
import type { EventLog, LogWriter } from '../ports/event-log.ts';
import type { Store } from '../store/store.ts';
import type { Prices } from '../ports/prices.ts';
import type { Logger } from '../ports/logger.ts';
import type { BudgetLimits } from './budget.ts';
import { LeaseLostError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import type { Lease } from './lease.ts';
import { recoverGeneration } from './recover-generations.ts';
import { StopReason } from './run-generation.ts';
import { settle } from './settle.ts';
import type { GenerationOutcome, SettlementDependencies } from './settle.ts';

interface RunningGeneration {
  abort: AbortController;
  tail: EventTail;
  /** Time without a reader after which the reply is stopped; null never stops it. */
  abandonedAfterMs: number | null;
  /** Resolves when the generation has ended, with whether it is settled. */
  finished: Promise<boolean>;
  /** Since when the reply has had no reader, by the monotonic clock; null while it has one. */
  unreadSince: number | null;
}

interface NewGeneration extends Pick<RunningGeneration, 'abort' | 'abandonedAfterMs'> {
  writer: LogWriter;
  /** The node whose lease covers the generation. */
  nodeId: string;
  run: Promise<GenerationOutcome>;
}

interface Dependencies {
  store: Store;
  log: EventLog;
  lease: Lease;
  prices: Prices;
  onCharge: SettlementDependencies['onCharge'];
  clock: Clock;
  logger: Logger;
}

const SETTLEMENT_RETRY_INTERVAL_MS = 500;

/** The running generations of this process, and the ones whose settlement is pending because storage failed. */
export class RunningGenerations {
  readonly #dependencies: Dependencies;
  readonly #settlement: SettlementDependencies;
  readonly #running = new Map<string, RunningGeneration>();
  /** Generations between their start transaction and `#running`. Recovery must leave them alone. */
  readonly #starting = new Map<string, PromiseWithResolvers<void>>();
  /** Outcomes that could not be saved yet. */
  readonly #pendingSettlements = new Map<string, GenerationOutcome>();
  readonly #closing = new AbortController();
  #recovery: Promise<void> | null = null;

  constructor(dependencies: Dependencies, limits: BudgetLimits) {
    this.#dependencies = dependencies;
    const { store, prices, clock } = dependencies;
    const onCharge: SettlementDependencies['onCharge'] = (charge) => dependencies.onCharge(charge);
    this.#settlement = { store, prices, clock, limits, onCharge };
  }

  get size(): number {
    return this.#running.size;
  }

  /** Marks a generation as starting, before its start transaction. @returns a function that removes the mark */
  reserve(generationId: string): () => void {
    const started = Promise.withResolvers<void>();
    this.#starting.set(generationId, started);
    return () => {
      this.#starting.delete(generationId);
      started.resolve();
    };
  }

  /** Settles a generation when it ends. @returns whether it could be settled; else the settlement is pending */
  track(
    generationId: string,
    { abort, writer, nodeId, run, abandonedAfterMs }: NewGeneration,
  ): Promise<boolean> {
    const finished = this.#finish(generationId, writer, nodeId, run).finally(() => {
      writer.release();
      this.#running.delete(generationId);
    });
    this.#running.set(generationId, {
      abort,
      tail: writer.tail,
      abandonedAfterMs,
      finished,
      unreadSince: null,
    });
    return finished;
  }

  abort(generationId: string, reason: StopReason): void {
    this.#running.get(generationId)?.abort.abort(reason);
  }

  /** Aborts a generation and waits for its end. @returns false when it doesn't run here, or isn't settled yet */
  async end(generationId: string, reason: StopReason): Promise<boolean> {
    const running = this.#running.get(generationId);
    if (running === undefined) return false;
    running.abort.abort(reason);
    return running.finished;
  }

  /** Generations that have had no reader for `abandonedAfterMs`. */
  abandoned(): string[] {
    const now = this.#dependencies.clock.monotonic();
    const abandoned: string[] = [];
    for (const [generationId, running] of this.#running) {
      const { tail, abandonedAfterMs } = running;
      if (tail.listenerCount > 0 || abandonedAfterMs === null) running.unreadSince = null;
      else {
        running.unreadSince ??= now;
        if (now - running.unreadSince >= abandonedAfterMs) abandoned.push(generationId);
      }
    }
    return abandoned;
  }

  /** Ends all unfinished generations of this node that don't run. One that fails is tried again at the next call. */
  recover(): Promise<void> {
    this.#recovery ??= this.#recoverAll().finally(() => (this.#recovery = null));
    return this.#recovery;
  }

  /** Like `recover`, but logs an error instead of rejecting. */
  async recoverNow(): Promise<void> {
    try {
      await this.recover();
    } catch (error) {
      this.#dependencies.logger.warn({ err: error }, 'failed to recover generations; retrying later');
    }
  }

  /** Waits until every generation has ended, starting ones included. Interrupts them when the signal aborts. */
  async drain(deadline: AbortSignal): Promise<void> {
    const interruptAll = () => {
      for (const { abort } of this.#running.values()) abort.abort(new StopReason('interrupted'));
    };
    deadline.addEventListener('abort', interruptAll, { once: true });
    while (this.#starting.size > 0 || this.#running.size > 0) {
      await Promise.all([...this.#starting.values()].map(({ promise }) => promise));
      if (deadline.aborted) interruptAll();
      await Promise.all([...this.#running.values()].map(({ finished }) => finished));
    }
    deadline.removeEventListener('abort', interruptAll);
    this.#closing.abort();
  }

  async #recoverAll(): Promise<void> {
    const { store, log, lease, logger } = this.#dependencies;
    const { nodeId } = lease;
    const pending = [...this.#pendingSettlements.keys()];
    const unfinished = await store.listUnfinishedGenerations(nodeId);
    let recovered = 0;
    for (const generationId of unfinished) {
      if (this.#running.has(generationId) || this.#starting.has(generationId)) continue;
      try {
        const context = await store.findGenerationContext(generationId);
        const outcome = this.#pendingSettlements.get(generationId) ?? null;
        await recoverGeneration({ ...this.#settlement, log, nodeId }, context, outcome);
        this.#pendingSettlements.delete(generationId);
        recovered += 1;
      } catch (error) {
        if (error instanceof LeaseLostError)
          logger.info({ generationId }, 'another node has taken over the reply');
        else logger.error({ generationId, err: error }, 'failed to recover reply; retrying later');
      }
    }
    const own = new Set(unfinished);
    // Another node has taken over the others.
    for (const generationId of pending)
      if (!own.has(generationId)) this.#pendingSettlements.delete(generationId);
    if (recovered > 0) logger.warn({ recovered }, 'recovered unfinished replies');
  }

  /** @returns whether the generation is settled; else its settlement is pending, or another node has taken over */
  async #finish(
    generationId: string,
    writer: LogWriter,
    nodeId: string,
    run: Promise<GenerationOutcome>,
  ): Promise<boolean> {
    const { logger } = this.#dependencies;
    let outcome: GenerationOutcome | null = null;
    try {
      outcome = await run;
      await settle({ ...this.#settlement, writer, nodeId }, generationId, outcome);
      return true;
    } catch (error) {
      if (error instanceof LeaseLostError) {
        logger.warn({ generationId }, 'another node has taken over the reply');
        return false;
      }
      logger.error({ generationId, err: error }, 'failed to settle reply; retrying');
      // Without an outcome, recovery builds one from the log.
      if (outcome !== null) this.#pendingSettlements.set(generationId, outcome);
      if (this.#pendingSettlements.size === 1) void this.#retrySettlements();
      return false;
    }
  }

  async #retrySettlements(): Promise<void> {
    const { clock, logger } = this.#dependencies;
    while (this.#pendingSettlements.size > 0 && !this.#closing.signal.aborted) {
      try {
        await clock.sleep(SETTLEMENT_RETRY_INTERVAL_MS, this.#closing.signal);
        await this.recover();
      } catch (error) {
        if (!this.#closing.signal.aborted)
          logger.error({ err: error }, 'failed to recover generations; retrying');
      }
    }
  }
}
