import type { Clock } from '../ports/clock.ts';
import type { EventLog, LogWriter } from '../ports/event-log.ts';
import type { GenerationStore } from '../ports/generation-store.ts';
import type { Prices } from '../ports/prices.ts';
import type { Logger } from '../ports/logger.ts';
import type { BudgetLimits } from './budget.ts';
import { LeaseLostError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import type { Lease } from './lease.ts';
import { recoverGeneration } from './recover-generations.ts';
import { StopReason } from './run-generation.ts';
import { settle } from './settle.ts';
import type { Books, Ending } from './settle.ts';

interface Running {
  abort: AbortController;
  tail: EventTail;
  /** A reply that nobody has read for so long is stopped (ms); null never. */
  abandonedAfter: number | null;
  /** Resolves when it has ended, or its end could not be written; with which of them. */
  finished: Promise<boolean>;
  /** Since when nobody has read it, by the monotonic clock; null while somebody does. */
  unreadSince: number | null;
}

interface Tracked extends Pick<Running, 'abort' | 'abandonedAfter'> {
  writer: LogWriter;
  /** Under whose lease it is made. */
  nodeId: string;
  /** What makes it; settled here. */
  run: Promise<Ending>;
}

interface Dependencies {
  store: GenerationStore;
  log: EventLog;
  lease: Lease;
  prices: Prices;
  onCharge: Books['onCharge'];
  clock: Clock;
  logger: Logger;
}

/** How soon an end that could not be written is tried again (ms). */
const RETRY_INTERVAL = 500;

/** The replies this process is making, and those whose end it owes. */
export class RunningGenerations {
  readonly #dependencies: Dependencies;
  readonly #books: Books;
  readonly #running = new Map<string, Running>();
  /** On their way from the start transaction to the map above: nobody else's to end. */
  readonly #starting = new Map<string, PromiseWithResolvers<void>>();
  /** The ends that could not be written yet. */
  readonly #owed = new Map<string, Ending>();
  readonly #closing = new AbortController();
  #recovery: Promise<void> | null = null;

  constructor(dependencies: Dependencies, limits: BudgetLimits) {
    this.#dependencies = dependencies;
    const { store, prices, clock } = dependencies;
    const onCharge: Books['onCharge'] = (charge) => dependencies.onCharge(charge);
    this.#books = { store, prices, clock, limits, onCharge };
  }

  get size(): number {
    return this.#running.size;
  }

  /** Claims an id before its start transaction. @returns how to give the claim up */
  reserve(generationId: string): () => void {
    const arrived = Promise.withResolvers<void>();
    this.#starting.set(generationId, arrived);
    return () => {
      this.#starting.delete(generationId);
      arrived.resolve();
    };
  }

  /** @returns whether its end is written, once it has ended */
  track(generationId: string, { abort, writer, nodeId, run, abandonedAfter }: Tracked): Promise<boolean> {
    const finished = this.#finish(generationId, writer, nodeId, run).finally(() => {
      writer.release();
      this.#running.delete(generationId);
    });
    this.#running.set(generationId, {
      abort,
      tail: writer.tail,
      abandonedAfter,
      finished,
      unreadSince: null,
    });
    return finished;
  }

  abort(generationId: string, reason: StopReason): void {
    this.#running.get(generationId)?.abort.abort(reason);
  }

  /** Ends a reply and waits for its end. @returns false when it isn't running here, or its end could not be written yet */
  async end(generationId: string, reason: StopReason): Promise<boolean> {
    const running = this.#running.get(generationId);
    if (running === undefined) return false;
    running.abort.abort(reason);
    return running.finished;
  }

  /** The replies that nobody has read for as long as they may be left alone. */
  abandoned(): string[] {
    const now = this.#dependencies.clock.monotonic();
    const abandoned: string[] = [];
    for (const [generationId, running] of this.#running) {
      const { tail, abandonedAfter } = running;
      if (tail.listenerCount > 0 || abandonedAfter === null) running.unreadSince = null;
      else {
        running.unreadSince ??= now;
        if (now - running.unreadSince >= abandonedAfter) abandoned.push(generationId);
      }
    }
    return abandoned;
  }

  /** Ends all that is this node's to end and that nobody runs. What fails is tried again later. */
  recover(): Promise<void> {
    this.#recovery ??= this.#recoverAll().finally(() => (this.#recovery = null));
    return this.#recovery;
  }

  /** The same for whoever can't wait. Never rejects: what fails is tried again before long. */
  async recoverNow(): Promise<void> {
    try {
      await this.recover();
    } catch (error) {
      this.#dependencies.logger.warn({ err: error }, 'what was inherited could not be ended yet');
    }
  }

  /** Waits for all to finish, those on their way too; once the signal aborts, interrupts them. */
  async drain(patience: AbortSignal): Promise<void> {
    const interruptAll = () => {
      for (const { abort } of this.#running.values()) abort.abort(new StopReason('interrupted'));
    };
    patience.addEventListener('abort', interruptAll, { once: true });
    while (this.#starting.size > 0 || this.#running.size > 0) {
      await Promise.all([...this.#starting.values()].map(({ promise }) => promise));
      if (patience.aborted) interruptAll();
      await Promise.all([...this.#running.values()].map(({ finished }) => finished));
    }
    patience.removeEventListener('abort', interruptAll);
    this.#closing.abort();
  }

  async #recoverAll(): Promise<void> {
    const { store, log, lease, logger } = this.#dependencies;
    const { nodeId } = lease;
    const owed = [...this.#owed.keys()];
    const allUnfinished = await store.unfinishedGenerations(nodeId);
    let recovered = 0;
    for (const generationId of allUnfinished) {
      if (this.#running.has(generationId) || this.#starting.has(generationId)) continue;
      try {
        const unfinished = await store.findContext(generationId);
        await recoverGeneration(
          { ...this.#books, log, nodeId },
          unfinished,
          this.#owed.get(generationId) ?? null,
        );
        this.#owed.delete(generationId);
        recovered += 1;
      } catch (error) {
        if (error instanceof LeaseLostError) logger.info({ generationId }, 'another node ends this reply');
        else logger.error({ generationId, err: error }, 'a reply left unfinished could not be ended yet');
      }
    }
    const ours = new Set(allUnfinished);
    // The rest another node has taken over.
    for (const generationId of owed) if (!ours.has(generationId)) this.#owed.delete(generationId);
    if (recovered > 0) logger.warn({ recovered }, 'ended replies that were left unfinished');
  }

  /** @returns whether its end is written; else it is owed, or another node's */
  async #finish(
    generationId: string,
    writer: LogWriter,
    nodeId: string,
    run: Promise<Ending>,
  ): Promise<boolean> {
    const { logger } = this.#dependencies;
    let ending: Ending | null = null;
    try {
      ending = await run;
      await settle({ ...this.#books, writer, nodeId }, generationId, ending);
      return true;
    } catch (error) {
      if (error instanceof LeaseLostError) {
        logger.warn({ generationId }, 'another node has taken over this reply');
        return false;
      }
      logger.error(
        { generationId, err: error },
        'the end of a reply could not be written; it is tried again',
      );
      // Without one, recovery makes it of what the log holds.
      if (ending !== null) this.#owed.set(generationId, ending);
      if (this.#owed.size === 1) void this.#settleLater();
      return false;
    }
  }

  async #settleLater(): Promise<void> {
    const { clock, logger } = this.#dependencies;
    while (this.#owed.size > 0 && !this.#closing.signal.aborted) {
      try {
        await clock.sleep(RETRY_INTERVAL, this.#closing.signal);
        await this.recover();
      } catch (error) {
        if (!this.#closing.signal.aborted) logger.error({ err: error }, 'recovery failed; it is tried again');
      }
    }
  }
}
