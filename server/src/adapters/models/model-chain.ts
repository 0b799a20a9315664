import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { CircuitBreakerPolicy } from 'cockatiel';
import type { ReplyErrorCode } from '@millrace/protocol';
import { ReplyError } from '../../core/errors.ts';
import { continuationTurns } from '../../core/prompt.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type {
  ModelOutcome,
  ModelProvider,
  ModelRequest,
  ModelSink,
  SentImage,
} from '../../ports/model-provider.ts';
import { Speech } from './speech.ts';

export interface ModelChainOptions {
  /** Asked in this order while the one that was asked for is out of service. */
  fallbackModels: readonly string[];
  /** How often a model is asked again. */
  retries: number;
  /** How long all the waiting for one reply may take (ms). */
  patience: number;
  /** After so many outages one after another a model isn't asked for a while; null asks it all the same. */
  breaksAfter: number | null;
  /** How often a reply that broke off is gone on with. */
  repairs: number;
  /** Said when no model answers; null says what went wrong. */
  fallbackReply: string | null;
  clock: Clock;
  logger: Logger;
}

/** What may be otherwise a moment later. */
const TRANSIENT: ReadonlySet<ReplyErrorCode> = new Set([
  'model_rate_limited',
  'model_unavailable',
  'model_timeout',
  'model_stream_broken',
  'model_bad_response',
]);
/** What tells that a model is out of service. */
const OUTAGE: ReadonlySet<ReplyErrorCode> = new Set(['model_unavailable', 'model_timeout']);

/** A request for less than this isn't worth its prompt (tokens). */
const LEAST_OUTPUT = 256;
/** How long such a model isn't asked (ms). */
const BROKEN_FOR = 10_000;
/** The longest first wait without word from the service, doubled with each one, and the longest at all (ms). */
const FIRST_BACKOFF = 500;
const LONGEST_BACKOFF = 8000;

/**
 * Asks a model again, and others in its place, as long as nothing was said: what has reached its reader can't be taken back.
 */
export class ModelChain implements ModelProvider {
  readonly name: string;
  readonly #models: ModelProvider;
  readonly #options: ModelChainOptions;
  readonly #breakers = new Map<string, CircuitBreakerPolicy>();

  constructor(models: ModelProvider, options: ModelChainOptions) {
    this.name = models.name;
    this.#models = models;
    this.#options = options;
  }

  async generate(request: ModelRequest, sink: ModelSink, signal: AbortSignal): Promise<ModelOutcome> {
    const speech = new Speech(sink, request.model);
    const deadline = this.#options.clock.monotonic() + this.#options.patience;
    let repairs = this.#options.repairs;
    let asked = request;
    for (;;) {
      let next: ModelRequest | null;
      try {
        const outcome = await this.#askInTurn(asked, speech, deadline, signal);
        const { continuation } = outcome;
        next =
          continuation === null
            ? null
            : furtherRequest({ ...asked, continuation }, speech, outcome.usageIsFinal);
        if (next === null) return outcome;
      } catch (error) {
        const isWorthIt = repairs > 0 && speech.said !== '' && isOneOf(TRANSIENT, error);
        const rest = { ...request, turns: continuationTurns(request.turns, speech.said) };
        next = isWorthIt ? furtherRequest(rest, speech, false) : null;
        if (next === null) throw error;
        repairs -= 1;
        speech.notice('continuing', 'The connection to the model broke off. It is asked for the rest.');
        speech.join();
      }
      asked = next;
    }
  }

  models(signal: AbortSignal) {
    return this.#models.models(signal);
  }

  countTokens(model: string, content: string | SentImage, signal: AbortSignal) {
    return this.#models.countTokens(model, content, signal);
  }

  close() {
    return this.#models.close();
  }

  /** Asks one model after another until one begins to speak. */
  async #askInTurn(
    request: ModelRequest,
    speech: Speech,
    deadline: number,
    signal: AbortSignal,
  ): Promise<ModelOutcome> {
    const { fallbackModels, fallbackReply } = this.#options;
    // Only who gave it knows what it stands for.
    const others = request.continuation === null ? fallbackModels : [];
    const chain = [request.model, ...others.filter((model) => model !== request.model)];
    let failure: unknown;
    for (const model of chain) {
      if (model !== request.model) {
        speech.notice(
          'fallback_model',
          `${request.model} is out of service right now. ${model} answers instead.`,
        );
      }
      try {
        return await this.#askPatiently({ ...request, model }, speech, deadline, signal);
      } catch (error) {
        if (speech.hasBegun || !isOneOf(TRANSIENT, error)) throw error;
        failure = error;
      }
    }
    if (fallbackReply === null || speech.hasAnswered) throw failure;
    speech.notice(
      'fallback_reply',
      'No model can answer right now. This is a prepared answer, and costs nothing.',
    );
    speech.text(fallbackReply);
    return { finishReason: 'fallback', usageIsFinal: true, isFree: true, continuation: null };
  }

  async #askPatiently(
    request: ModelRequest,
    speech: Speech,
    deadline: number,
    signal: AbortSignal,
  ): Promise<ModelOutcome> {
    const { retries, clock, logger } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#ask(request, speech, signal);
      } catch (cause) {
        if (cause instanceof BrokenCircuitError) throw outOfService(request.model, cause);
        if (speech.hasBegun || attempt === retries || !isOneOf(TRANSIENT, cause)) throw cause;
        const wait = cause.retryAfter ?? backoff(attempt);
        if (clock.monotonic() + wait > deadline) throw cause;
        logger.warn({ model: request.model, code: cause.code, wait }, 'a model is asked again');
        speech.notice('retrying', `${cause.message} Trying again ${inWords(wait)}.`);
        await clock.sleep(wait, signal);
      }
    }
  }

  /** @throws BrokenCircuitError at once while the model is known to be out of service */
  async #ask(request: ModelRequest, speech: Speech, signal: AbortSignal): Promise<ModelOutcome> {
    let reply: Promise<ModelOutcome> | undefined;
    speech.speaker = request.model;
    // A model that has begun to speak is in service, however long it goes on and however that ends.
    await this.#breakerOf(request.model).execute(() => {
      reply = this.#models.generate(request, speech, signal);
      return Promise.race([speech.begun, reply]);
    });
    if (reply === undefined) throw new Error('The breaker let nothing through');
    return reply.finally(() => speech.end());
  }

  #breakerOf(model: string): CircuitBreakerPolicy {
    let breaker = this.#breakers.get(model);
    if (breaker === undefined) {
      const { logger } = this.#options;
      breaker = circuitBreaker(
        handleWhen((error) => isOneOf(OUTAGE, error)),
        {
          halfOpenAfter: BROKEN_FOR,
          breaker: new ConsecutiveBreaker(this.#options.breaksAfter ?? Number.POSITIVE_INFINITY),
        },
      );
      breaker.onBreak(() => logger.error({ model }, 'a model is out of service, and not asked for a while'));
      breaker.onReset(() => logger.info({ model }, 'a model is back in service'));
      this.#breakers.set(model, breaker);
    }
    return breaker;
  }
}

/** Null when too little is left of what was reserved. */
function furtherRequest(request: ModelRequest, speech: Speech, isFinal: boolean): ModelRequest | null {
  const left = speech.again(isFinal);
  if (left < LEAST_OUTPUT) return null;
  return { ...request, model: speech.speaker, maxOutputTokens: Math.min(request.maxOutputTokens, left) };
}

function isOneOf(codes: ReadonlySet<ReplyErrorCode>, error: unknown): error is ReplyError {
  return error instanceof ReplyError && codes.has(error.code);
}

function outOfService(model: string, cause: Error): ReplyError {
  return new ReplyError('model_unavailable', `${model} is out of service right now. Try again in a moment.`, {
    cause,
  });
}

/** Exponential with full jitter: those who were refused together don't come back together. */
function backoff(attempt: number): number {
  return Math.round(Math.random() * Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** attempt));
}

function inWords(wait: number): string {
  const seconds = Math.ceil(wait / 1000);
  return seconds <= 1 ? 'at once' : `in ${seconds} seconds`;
}
