import type { EventId } from '@millrace/protocol';
import { ProblemError } from '../core/errors.ts';
import type { StartOptions } from '../core/engine.ts';
import type { EventTail } from '../core/event-tail.ts';
import type { IdempotencyKey } from '../store/transactions/idempotency.ts';
import type { StartGeneration } from '../store/transactions/start-generation.ts';
import type { AppContext, HttpDependencies } from './environment.ts';
import { ReplyLimits } from './reply-limits.ts';

/** A reply's event log and the position to read it from. */
export interface FollowedReply {
  /** Null after the log was pruned. */
  tail: EventTail | null;
  /** The sequence number of the last event that the client has. */
  after: number;
}

/** Starts and follows replies for every streaming endpoint. The server has one instance, which counts new replies. */
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
   * Starts a reply if the limits allow it. A repeated request with the same idempotency key gets the reply that the
   * first one started.
   * @throws ProblemError
   */
  async start(
    c: AppContext,
    origin: StartGeneration['origin'],
    options: StartOptions,
  ): Promise<FollowedReply & { tail: EventTail }> {
    const tail = await this.#limits.start(c, options.idempotency ?? null, () =>
      this.#engine.start(c.get('user').id, origin, options),
    );
    return { tail, after: 0 };
  }

  /** Starts a reply by calling `begin`, if the limits allow it. @throws ProblemError */
  limited(
    c: AppContext,
    idempotency: IdempotencyKey | null,
    begin: () => Promise<EventTail>,
  ): Promise<EventTail> {
    return this.#limits.start(c, idempotency, begin);
  }

  /**
   * Continues the reply that the request's `Last-Event-ID` refers to. Starts no reply.
   * @param isOfTarget whether the request may refer to a reply in that chat
   * @throws ProblemError `invalid_event_id`, `cursor_ahead`
   */
  async resume(
    c: AppContext,
    { generationId, sequence }: EventId,
    isOfTarget: (chatId: string) => boolean | Promise<boolean>,
  ): Promise<FollowedReply> {
    const chatId = await this.#chatOf(c.get('user').id, generationId);
    if (chatId === null || !(await isOfTarget(chatId))) {
      throw new ProblemError(
        'invalid_event_id',
        'Last-Event-ID belongs to another chat. Send the id of an event of this chat.',
      );
    }
    return this.follow(c, generationId, sequence);
  }

  /** @throws ProblemError `not_found`, `cursor_ahead` */
  async follow(c: AppContext, generationId: string, after: number): Promise<FollowedReply> {
    return { tail: await this.#engine.follow(c.get('user').id, generationId, after), after };
  }

  /** Null if the user has no such reply. */
  async #chatOf(userId: string, generationId: string): Promise<string | null> {
    try {
      return (await this.#store.findGeneration(userId, generationId)).chatId;
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'not_found') return null;
      throw error;
    }
  }
}
