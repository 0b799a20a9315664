import type { Clock } from '../ports/clock.ts';
import type { EventLog, LogWriter } from '../ports/event-log.ts';
import type { GenerationStore } from '../ports/generation-store.ts';
import type { Logger } from '../ports/logger.ts';
import { LeaseLostError, toReplyError } from './errors.ts';
import type { ReplyError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import type { Lease } from './lease.ts';
import { recoverGeneration } from './recover-generations.ts';
import { EndRequest } from './run-generation.ts';

interface Running {
  abort: AbortController;
  tail: EventTail;
  /** Resolves when it has ended, or was given up. */
  finished: Promise<void>;
  /** Since when nobody has read it, by the monotonic clock; null while somebody does. */
  unreadSince: number | null;
}

interface Dependencies {
  store: GenerationStore;
  log: EventLog;
  lease: Lease;
  clock: Clock;
  logger: Logger;
}

/** How soon an end that could not be written is tried again (ms). */
const RETRY_INTERVAL = 500;

/** The replies this process is making, and those whose end it owes. */
export class RunningGenerations {
  readonly #dependencies: Dependencies;
  readonly #running = new Map<string, Running>();
  /** On their way from the start transaction to the map above: nobody else's to end. */
  readonly #starting = new Set<string>();
  /** Those whose end could not be written, and why they failed. */
  readonly #unsettled = new Map<string, ReplyError>();
  readonly #closing = new AbortController();
  #recovery: Promise<void> | null = null;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Claims an id before its start transaction. @returns how to give the claim up */
  reserve(generationId: string): () => void {
    this.#starting.add(generationId);
    return () => this.#starting.delete(generationId);
  }

  track(
    generationId: string,
    { abort, writer, run }: { abort: AbortController; writer: LogWriter; run: Promise<void> },
  ): void {
    const finished = run
      .catch((error: unknown) => this.#onUnsettled(generationId, error))
      .finally(() => {
        writer.release();
        this.#running.delete(generationId);
      });
    this.#running.set(generationId, { abort, tail: writer.tail, finished, unreadSince: null });
  }

  abort(generationId: string, reason: EndRequest): void {
    this.#running.get(generationId)?.abort.abort(reason);
  }

  /** Ends a reply and waits for its end. @returns whether it was running here */
  async end(generationId: string, reason: EndRequest): Promise<boolean> {
    const running = this.#running.get(generationId);
    if (running === undefined) return false;
    running.abort.abort(reason);
    await running.finished;
    return true;
  }

  /** The replies nobody has read for so long (ms). */
  unreadFor(duration: number): string[] {
    const now = this.#dependencies.clock.monotonic();
    const unread: string[] = [];
    for (const [generationId, running] of this.#running) {
      if (running.tail.listeners > 0) running.unreadSince = null;
      else running.unreadSince ??= now;
      if (running.unreadSince !== null && now - running.unreadSince >= duration) unread.push(generationId);
    }
    return unread;
  }

  /** Ends all that is this node's to end and that nobody runs. What fails is tried again later. */
  recover(): Promise<void> {
    this.#recovery ??= this.#recoverAll().finally(() => (this.#recovery = null));
    return this.#recovery;
  }

  /** Waits for all to finish; once the signal aborts, interrupts them. */
  async drain(patience: AbortSignal): Promise<void> {
    const interruptAll = () => {
      for (const { abort } of this.#running.values()) abort.abort(new EndRequest('interrupted'));
    };
    if (patience.aborted) interruptAll();
    else patience.addEventListener('abort', interruptAll, { once: true });
    await Promise.all([...this.#running.values()].map(({ finished }) => finished));
    patience.removeEventListener('abort', interruptAll);
    this.#closing.abort();
  }

  async #recoverAll(): Promise<void> {
    const { store, log, lease, logger } = this.#dependencies;
    const { nodeId } = lease;
    let recovered = 0;
    for (const unfinished of await store.unfinishedGenerations(nodeId)) {
      const { generationId } = unfinished;
      if (this.#running.has(generationId) || this.#starting.has(generationId)) continue;
      try {
        const failure = this.#unsettled.get(generationId) ?? null;
        await recoverGeneration({ store, log, nodeId }, unfinished, failure);
        this.#unsettled.delete(generationId);
        recovered += 1;
      } catch (error) {
        logger.error({ generationId, err: error }, 'a reply left unfinished could not be ended yet');
      }
    }
    if (recovered > 0) logger.warn({ recovered }, 'ended replies that were left unfinished');
  }

  #onUnsettled(generationId: string, error: unknown): void {
    const { logger } = this.#dependencies;
    if (error instanceof LeaseLostError) {
      logger.warn({ generationId }, 'another node has taken over this reply');
      return;
    }
    logger.error({ generationId, err: error }, 'the end of a reply could not be written; it is tried again');
    this.#unsettled.set(generationId, toReplyError(error));
    if (this.#unsettled.size === 1) void this.#settleLater();
  }

  async #settleLater(): Promise<void> {
    const { clock, logger } = this.#dependencies;
    while (this.#unsettled.size > 0 && !this.#closing.signal.aborted) {
      try {
        await clock.sleep(RETRY_INTERVAL, this.#closing.signal);
        await this.recover();
      } catch (error) {
        if (!this.#closing.signal.aborted) logger.error({ err: error }, 'recovery failed; it is tried again');
      }
    }
  }
}
