import type { EventId } from '@millrace/protocol';
import { ProblemError } from '../core/errors.ts';
import type { StartOptions } from '../core/engine.ts';
import type { EventTail } from '../core/event-tail.ts';
import type { IdempotencyKey } from '../store/transactions/idempotency.ts';
import type { StartGeneration } from '../store/transactions/start-generation.ts';
import type { AppContext, HttpDependencies } from './environment.ts';
import { ReplyLimits } from './reply-limits.ts';

/** A log to be read from after a sequence; no tail when nothing is left of it. */
export interface Following {
  tail: EventTail | null;
  after: number;
}

/** How requests come to the log of a reply, whatever they are answered in: one for the whole server, for it counts. */
export class ReplyStarter {
  readonly #engine: HttpDependencies['engine'];
  readonly #store: HttpDependencies['store'];
  readonly #limits: ReplyLimits;

  constructor({
    engine,
    store,
    quotas,
    settings,
  }: Pick<HttpDependencies, 'engine' | 'store' | 'quotas' | 'settings'>) {
    this.#engine = engine;
    this.#store = store;
    this.#limits = new ReplyLimits(store, quotas, settings);
  }

  /**
   * Starts a reply if the limits allow it; sent again with the same key, finds the one it started.
   * @throws ProblemError
   */
  async start(
    c: AppContext,
    origin: StartGeneration['origin'],
    options: StartOptions,
  ): Promise<Following & { tail: EventTail }> {
    const tail = await this.limited(c, options.idempotency ?? null, () =>
      this.#engine.start(c.get('user').id, origin, options),
    );
    return { tail, after: 0 };
  }

  /** Begins a reply some other way, if the limits allow it. @throws ProblemError */
  limited(
    c: AppContext,
    idempotency: IdempotencyKey | null,
    begin: () => Promise<EventTail>,
  ): Promise<EventTail> {
    return this.#limits.start(c, idempotency, begin);
  }

  /**
   * Continues the reply that a request sent again names by the last event it has seen, and starts nothing.
   * @param isOfTarget whether a reply in that chat may be the request's
   * @throws ProblemError `invalid_event_id`, `cursor_ahead`
   */
  async resume(
    c: AppContext,
    { generationId, sequence }: EventId,
    isOfTarget: (chatId: string) => boolean | Promise<boolean>,
  ): Promise<Following> {
    const chatId = await this.#chatOf(c.get('user').id, generationId);
    if (chatId === null || !(await isOfTarget(chatId))) {
      throw new ProblemError('invalid_event_id', 'Last-Event-ID is not of this chat.');
    }
    return this.follow(c, generationId, sequence);
  }

  /** @throws ProblemError `not_found`, `cursor_ahead` */
  async follow(c: AppContext, generationId: string, after: number): Promise<Following> {
    return { tail: await this.#engine.follow(c.get('user').id, generationId, after), after };
  }

  /** Null when there is none that is the user's. */
  async #chatOf(userId: string, generationId: string): Promise<string | null> {
    try {
      return (await this.#store.findGeneration(userId, generationId)).chatId;
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'not_found') return null;
      throw error;
    }
  }
}
