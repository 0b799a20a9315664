import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { CircuitBreakerPolicy } from 'cockatiel';
import type { Model, ReplyErrorCode } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ModelOutcome, ModelProvider, ModelRequest } from '../ports/model-provider.ts';
import type { InputImage } from '../ports/prompt-parts.ts';
import { MIN_OUTPUT_TOKENS } from './budget.ts';
import { ReplyError } from './errors.ts';
import { continuationTurns } from './prompt.ts';
import { RetryingSink } from './retrying-sink.ts';
import type { ReplySink } from './retrying-sink.ts';

export interface ResilientModelOptions {
  /** Asked in this order while the requested model is out of service. */
  fallbackModels: readonly string[];
  /** Retries per model, after the first attempt. */
  maxRetries: number;
  /** No retry starts later than this after the reply began. */
  retryWindowMs: number;
  /** Consecutive outages after which a model isn't asked for a cool-down; null never stops asking. */
  outagesBeforeCoolDown: number | null;
  /** How many times a reply whose connection broke is continued. */
  maxContinuations: number;
  /** The reply when no model answers; null reports the error instead. */
  fallbackReply: string | null;
  /** The setting that names a model; null for a model that no setting names. */
  settingOf: (model: string) => string | null;
  clock: Clock;
  logger: Logger;
}

/** Errors that a later attempt may not meet again. */
const TRANSIENT: ReadonlySet<ReplyErrorCode> = new Set([
  'model_rate_limited',
  'model_unavailable',
  'model_timeout',
  'model_stream_broken',
  'model_bad_response',
]);
/** Errors that count as an outage of the model. */
const OUTAGE: ReadonlySet<ReplyErrorCode> = new Set(['model_unavailable', 'model_timeout']);
const UNKNOWN_MODEL: ReadonlySet<ReplyErrorCode> = new Set(['model_not_found']);

const COOL_DOWN_MS = 10_000;
/** The longest first delay when the service names none; it doubles with each attempt up to the maximum. */
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8000;

/**
 * A model provider with retries, fallback models, a circuit breaker for each model and continuation. A request is repeated only
 * before it produced anything: what a reader has seen can't be taken back.
 */
export class ResilientModel {
  readonly name: string;
  readonly #provider: ModelProvider;
  readonly #options: ResilientModelOptions;
  readonly #breakers = new Map<string, CircuitBreakerPolicy>();

  constructor(provider: ModelProvider, options: ResilientModelOptions) {
    this.name = provider.name;
    this.#provider = provider;
    this.#options = options;
  }

  /**
   * Generates one reply with as many requests as it takes.
   * @throws ReplyError when no request produced anything, or when the last one failed; the signal's reason when it aborts
   */
  async generate(request: ModelRequest, sink: ReplySink, signal: AbortSignal): Promise<ModelOutcome> {
    const output = new RetryingSink(sink, request.model);
    const deadline = this.#options.clock.monotonic() + this.#options.retryWindowMs;
    let continuationsLeft = this.#options.maxContinuations;
    let current = request;
    for (;;) {
      let next: ModelRequest | null;
      try {
        const outcome = await this.#tryModels(current, output, deadline, signal);
        const { continuation } = outcome;
        next =
          continuation === null
            ? null
            : followUpRequest({ ...current, continuation }, output, outcome.usageIsFinal);
        if (next === null) return outcome;
      } catch (error) {
        const canContinue = continuationsLeft > 0 && output.replyText !== '' && isOneOf(TRANSIENT, error);
        const rest = { ...request, turns: continuationTurns(request.turns, output.replyText) };
        next = canContinue ? followUpRequest(rest, output, false) : null;
        if (next === null) throw error;
        continuationsLeft -= 1;
        output.notice('continuing', 'The connection to the model broke. Asking it to continue.');
        output.dropRepeatedText();
      }
      current = next;
    }
  }

  models(signal: AbortSignal): Promise<Model[]> {
    return this.#provider.models(signal);
  }

  countTokens(model: string, content: string | InputImage, signal: AbortSignal): Promise<number> {
    return this.#provider.countTokens(model, content, signal);
  }

  close(): Promise<void> {
    return this.#provider.close();
  }

  /** Asks the requested model, then the fallback models, until one produces output. */
  async #tryModels(
    request: ModelRequest,
    output: RetryingSink,
    deadline: number,
    signal: AbortSignal,
  ): Promise<ModelOutcome> {
    const { fallbackModels, fallbackReply } = this.#options;
    // Only the model that issued a continuation can resume from it.
    const fallbacks = request.continuation === null ? fallbackModels : [];
    let failure: unknown;
    for (const model of new Set([request.model, ...fallbacks])) {
      if (model !== request.model) {
        output.notice(
          'fallback_model',
          `${request.model} is out of service right now. ${model} answers instead.`,
        );
      }
      try {
        return await this.#askWithRetries({ ...request, model }, output, deadline, signal);
      } catch (error) {
        if (output.hasOutput || !isOneOf(TRANSIENT, error)) throw error;
        failure = error;
      }
    }
    if (fallbackReply === null || output.hasAnswer) throw failure;
    output.notice(
      'fallback_reply',
      'No model can answer right now. This is a prepared answer, and costs nothing.',
    );
    output.text(fallbackReply);
    return { finishReason: 'fallback', usageIsFinal: true, isFree: true, continuation: null };
  }

  async #askWithRetries(
    request: ModelRequest,
    output: RetryingSink,
    deadline: number,
    signal: AbortSignal,
  ): Promise<ModelOutcome> {
    const { maxRetries, clock, logger } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#ask(request, output, signal);
      } catch (cause) {
        if (cause instanceof BrokenCircuitError) throw outOfService(request.model, cause);
        if (isOneOf(UNKNOWN_MODEL, cause)) this.#reportWrongSetting(request.model);
        if (output.hasOutput || attempt === maxRetries || !isOneOf(TRANSIENT, cause)) throw cause;
        const delayMs = cause.retryAfterMs ?? backoffMs(attempt);
        if (clock.monotonic() + delayMs > deadline) throw cause;
        logger.warn({ model: request.model, code: cause.code, delayMs }, 'retrying model request');
        output.notice('retrying', `${cause.message} Trying again ${delayInWords(delayMs)}.`);
        await clock.sleep(delayMs, signal);
      }
    }
  }

  #reportWrongSetting(model: string): void {
    const { settingOf, logger } = this.#options;
    const setting = settingOf(model);
    if (setting === null) return;
    logger.error({ model, setting }, `the model's service doesn't know this model; correct ${setting}`);
  }

  /** @throws BrokenCircuitError at once during the model's cool-down */
  async #ask(request: ModelRequest, output: RetryingSink, signal: AbortSignal): Promise<ModelOutcome> {
    let reply: Promise<ModelOutcome> | undefined;
    output.requestedModel = request.model;
    // The breaker sees the first output as success: how a long reply ends says little about the service.
    await this.#breakerOf(request.model).execute(() => {
      reply = this.#provider.generate(request, output, signal);
      return Promise.race([output.firstOutput, reply]);
    });
    if (reply === undefined) throw new Error('The circuit breaker resolved without running the request');
    return reply.finally(() => output.endRequest());
  }

  #breakerOf(model: string): CircuitBreakerPolicy {
    let breaker = this.#breakers.get(model);
    if (breaker === undefined) {
      const { logger, outagesBeforeCoolDown } = this.#options;
      breaker = circuitBreaker(
        handleWhen((error) => isOneOf(OUTAGE, error)),
        {
          halfOpenAfter: COOL_DOWN_MS,
          breaker: new ConsecutiveBreaker(outagesBeforeCoolDown ?? Number.POSITIVE_INFINITY),
        },
      );
      breaker.onBreak(() => logger.error({ model, coolDownMs: COOL_DOWN_MS }, 'model is out of service'));
      breaker.onReset(() => logger.info({ model }, 'model is back in service'));
      this.#breakers.set(model, breaker);
    }
    return breaker;
  }
}

/** Another request for the same reply; null when too little of the reservation is left. */
function followUpRequest(
  request: ModelRequest,
  output: RetryingSink,
  isUsageFinal: boolean,
): ModelRequest | null {
  const tokensLeft = output.startNextRequest(isUsageFinal);
  if (tokensLeft < MIN_OUTPUT_TOKENS) return null;
  const maxOutputTokens = Math.min(request.maxOutputTokens, tokensLeft);
  return { ...request, model: output.requestedModel, maxOutputTokens };
}

function isOneOf(codes: ReadonlySet<ReplyErrorCode>, error: unknown): error is ReplyError {
  return error instanceof ReplyError && codes.has(error.code);
}

function outOfService(model: string, cause: Error): ReplyError {
  return new ReplyError('model_unavailable', `${model} is out of service right now. Try again in a moment.`, {
    cause,
  });
}

/** Exponential backoff with full jitter, so that clients refused together don't return together. */
function backoffMs(attempt: number): number {
  return Math.round(Math.random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt));
}

function delayInWords(delayMs: number): string {
  const seconds = Math.ceil(delayMs / 1000);
  return seconds <= 1 ? 'at once' : `in ${seconds} seconds`;
}
