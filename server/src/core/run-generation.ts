import { PROTOCOL_VERSION } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import type { LogWriter } from '../ports/event-log.ts';
import type { GenerationContext } from '../store/transactions/generations.ts';
import type { StartedGeneration } from '../store/transactions/start-generation.ts';
import type { Logger } from '../ports/logger.ts';
import type { ModelOutcome } from '../ports/model-provider.ts';
import type { TokenCounter } from '../ports/token-counter.ts';
import { errorFields } from './error-fields.ts';
import { LeaseLostError, ReplyError, toReplyError } from './errors.ts';
import { ImageStorage } from './image-storage.ts';
import type { ImageStorageDependencies } from './image-storage.ts';
import { rebuildMessage } from './message-builder.ts';
import { OrderedLog } from './ordered-log.ts';
import { contentsOf } from './prompt.ts';
import type { Prompt } from './prompt.ts';
import { replay } from './reply-cache.ts';
import { ReplyRecorder } from './reply-recorder.ts';
import type { ResilientModel } from './resilient-model.ts';
import type { GenerationOutcome } from './settle.ts';
import { NO_USAGE } from './token-meter.ts';
import { UncountedReply } from './uncounted-reply.ts';

export interface RunDependencies extends ImageStorageDependencies {
  models: ResilientModel;
  counter: TokenCounter;
  logger: Logger;
}

/** Why a running generation is aborted; the reason of its signal. */
export class StopReason {
  readonly status: 'stopped' | 'interrupted';
  readonly finishReason: 'stopped' | 'budget' | null;

  constructor(status: 'stopped' | 'interrupted', finishReason: 'stopped' | 'budget' = 'stopped') {
    this.status = status;
    this.finishReason = status === 'stopped' ? finishReason : null;
  }
}

/** How the model request ended: by itself, by an abort or by an error. */
type RequestResult = ModelOutcome | StopReason | ReplyError;

/**
 * Generates one reply: asks the model and writes its output to the log. An error of the model or of the log ends the reply.
 * @param signal its reason is a StopReason
 * @returns the outcome, which the caller settles
 * @throws LeaseLostError when another node has taken over the generation
 */
export async function runGeneration(
  dependencies: RunDependencies,
  started: StartedGeneration,
  prompt: Prompt,
  writer: LogWriter,
  signal: AbortSignal,
): Promise<GenerationOutcome> {
  for (const event of openingEvents(started)) writer.append(event);
  const abort = new AbortController();
  const log = new OrderedLog(writer, (reason) => abort.abort(reason));
  const images = new ImageStorage(dependencies, started, signal);
  const recorder = new ReplyRecorder(
    { log, images, clock: dependencies.clock },
    {
      model: started.model,
      reservation: started.reservation,
      onBudgetSpent: () => abort.abort(new StopReason('stopped', 'budget')),
    },
  );
  const uncounted = new UncountedReply(dependencies.counter, started.model, contentsOf(prompt));
  if (started.cached === null) recorder.onUnreportedText = () => uncounted.begin();

  const anyAbort = AbortSignal.any([signal, writer.failure, abort.signal]);
  const requested = await request(dependencies.models, started, prompt, recorder, anyAbort);
  // Settle only what the log holds.
  const flushError = await flush(log);
  // An explicit stop wins over a flush failure.
  const result = requested instanceof StopReason ? requested : (flushError ?? requested);
  // Output that could not be saved was never published: the message is what the log holds.
  const message = log.hasFailed ? rebuildMessage(writer.tail.events()) : recorder.message;
  const estimated: GenerationOutcome = {
    ...statusOf(result),
    parts: message.parts(),
    providerData: recorder.placedData,
    model: recorder.answeredBy,
    firstTokenMs: recorder.firstTokenMs,
    ...usageOf(result, started, recorder),
  };
  const outcome = await uncounted.complete(estimated, recorder.hasUsageReport, signal);
  logOutcome(dependencies.logger, started, outcome);
  return outcome;
}

/** The events before the model's first output. */
function openingEvents(started: StartedGeneration): ChatEvent[] {
  const { reservation, omittedFileCount, cached } = started;
  return [
    metaEvent(started),
    ...(reservation.shortened ? [shortenedNotice(reservation.maxOutputTokens)] : []),
    ...(omittedFileCount > 0 ? [omittedFilesNotice(omittedFileCount)] : []),
    ...(cached === null ? [] : [CACHED_NOTICE]),
  ];
}

async function request(
  models: ResilientModel,
  { settings, reservation, cached }: StartedGeneration,
  prompt: Prompt,
  recorder: ReplyRecorder,
  signal: AbortSignal,
): Promise<RequestResult> {
  const { model, parameters } = settings;
  const { maxOutputTokens } = reservation;
  try {
    const outcome =
      cached === null
        ? await models.generate(
            { model, maxOutputTokens, parameters, ...prompt, continuation: null },
            recorder,
            signal,
          )
        : replay(cached, recorder);
    return recorder.isEmpty ? emptyReply(outcome) : outcome;
  } catch (cause) {
    return signal.reason instanceof StopReason ? signal.reason : toReplyError(cause);
  }
}

async function flush(log: OrderedLog): Promise<ReplyError | null> {
  try {
    await log.flush();
    return null;
  } catch (cause) {
    if (cause instanceof LeaseLostError) throw cause;
    return toReplyError(cause);
  }
}

function statusOf(result: RequestResult): Pick<GenerationOutcome, 'status' | 'finishReason' | 'error'> {
  if (result instanceof ReplyError) return { status: 'failed', finishReason: null, error: result };
  const { finishReason } = result;
  if (!(result instanceof StopReason)) return { status: 'completed', finishReason, error: null };
  const { status } = result;
  return { status, finishReason, error: status === 'interrupted' ? interruption() : null };
}

function usageOf(
  result: RequestResult,
  { cached }: StartedGeneration,
  recorder: ReplyRecorder,
): Pick<GenerationOutcome, 'usage' | 'usageSource'> {
  if (cached !== null || ('isFree' in result && result.isFree)) return NO_USAGE;
  // The model may have read the prompt before the abort without reporting that.
  if (result instanceof StopReason) return recorder.readMeter({ isFinal: false, assumePromptUsed: true });
  return recorder.readMeter({ isFinal: result.usageIsFinal, assumePromptUsed: false });
}

function logOutcome(
  logger: Logger,
  { generationId, cached }: StartedGeneration,
  { model, status, error, firstTokenMs, usage }: GenerationOutcome,
): void {
  const fields = {
    generationId,
    model,
    status,
    firstTokenMs,
    tokens: usage?.totalTokens,
    cached: cached !== null,
  };
  if (error?.code === 'internal') {
    logger.error({ ...fields, code: error.code, err: error }, 'internal error while generating reply');
    return;
  }
  const details = { ...fields, ...(error && errorFields(error)) };
  if (status === 'failed') logger.warn(details, 'reply failed');
  else logger.info(details, 'reply ended');
}

export function metaEvent(context: GenerationContext): ChatEvent {
  const { chatId, generationId, model, userMessage, assistantMessage } = context;
  return {
    event: 'meta',
    data: { protocol: PROTOCOL_VERSION, chatId, generationId, model, userMessage, assistantMessage },
  };
}

const CACHED_NOTICE: ChatEvent = {
  event: 'notice',
  data: {
    code: 'cached',
    message: 'This question was answered before. The answer is repeated, and costs nothing.',
  },
};

function shortenedNotice(maxOutputTokens: number): ChatEvent {
  const message = `Your remaining budget limits this reply to ${maxOutputTokens} tokens.`;
  return { event: 'notice', data: { code: 'shortened', message } };
}

function omittedFilesNotice(count: number): ChatEvent {
  const files = count === 1 ? 'One earlier file is' : `${count} earlier files are`;
  return {
    event: 'notice',
    data: {
      code: 'files_left_out',
      message: `${files} not sent to the model again. Attach a file again if the model needs it.`,
    },
  };
}

export function interruption(): ReplyError {
  return new ReplyError('interrupted', 'The server was restarted while this reply was being written.');
}

function emptyReply({ finishReason, usageIsFinal }: ModelOutcome): ReplyError {
  const message =
    finishReason === 'length'
      ? 'The model reached the length limit before it wrote anything. Ask for less at once, or choose another model.'
      : 'The model ended its reply without writing anything. Try again, or rephrase your message.';
  return new ReplyError('model_empty_reply', message, { usageIsFinal });
}
