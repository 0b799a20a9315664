import type { ChatEvent } from '@millrace/protocol';
import type { LogWriter } from '../ports/event-log.ts';
import type { GenerationContext, StartedGeneration } from '../ports/generation-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { ModelOutcome, ModelProvider } from '../ports/model-provider.ts';
import type { TokenCounter } from '../ports/token-counter.ts';
import { LeaseLostError, ReplyError, toReplyError } from './errors.ts';
import { ImageKeeper } from './image-keeper.ts';
import type { KeeperDependencies } from './image-keeper.ts';
import { rebuildMessage } from './message-builder.ts';
import { OrderedLog } from './ordered-log.ts';
import { contentsOf } from './prompt.ts';
import type { Prompt } from './prompt.ts';
import { replay } from './reply-cache.ts';
import { ReplyRecorder } from './reply-recorder.ts';
import { NOTHING_USED } from './token-meter.ts';
import { UncountedReply } from './uncounted-reply.ts';
import type { Ending } from './settle.ts';

export interface RunDependencies extends KeeperDependencies {
  models: ModelProvider;
  counter: TokenCounter;
  logger: Logger;
}

/** Why a running generation is ended from outside; the reason of its signal. */
export class StopReason {
  readonly status: 'stopped' | 'interrupted';
  readonly finishReason: 'stopped' | 'budget' | null;

  constructor(status: 'stopped' | 'interrupted', finishReason: 'stopped' | 'budget' = 'stopped') {
    this.status = status;
    this.finishReason = status === 'stopped' ? finishReason : null;
  }
}

const CACHED_NOTICE: ChatEvent = {
  event: 'notice',
  data: {
    code: 'cached',
    message: 'This question was answered before. The answer is repeated, and costs nothing.',
  },
};

/** How asking the model went. */
interface Verdict {
  status: Ending['status'];
  finishReason: string | null;
  error: ReplyError | null;
  /** Whether what the model reported is its final word. */
  usageIsFinal: boolean;
  /** Whether no model had a part in it. */
  isFree: boolean;
}

/**
 * Makes one reply: asks the model, and writes what it says to the log. Whatever the model or the log do ends it.
 * @param signal its reason is an StopReason
 * @returns how it ends; that is still to be settled
 * @throws LeaseLostError when it is another node's to end
 */
export async function runGeneration(
  dependencies: RunDependencies,
  started: StartedGeneration,
  prompt: Prompt,
  writer: LogWriter,
  signal: AbortSignal,
): Promise<Ending> {
  writer.append(metaEvent(started));
  if (started.reservation.shortened) writer.append(shortenedNotice(started));
  if (started.omittedFileCount > 0) writer.append(leftOutNotice(started.omittedFileCount));
  if (started.cached !== null) writer.append(CACHED_NOTICE);
  const cut = new AbortController();
  const log = new OrderedLog(writer, (reason) => cut.abort(reason));
  const images = new ImageKeeper(dependencies, started, signal);
  const recorder = new ReplyRecorder(
    { log, images, clock: dependencies.clock },
    {
      model: started.model,
      reservation: started.reservation,
      onSpent: () => cut.abort(new StopReason('stopped', 'budget')),
    },
  );
  const uncounted = new UncountedReply(dependencies.counter, started.model, contentsOf(prompt));
  if (started.cached === null) recorder.onUnreported = () => uncounted.begin();

  const ends = AbortSignal.any([signal, writer.failure, cut.signal]);
  const asked = await ask(dependencies.models, started, prompt, recorder, ends);
  // Nothing is settled that the log doesn't hold.
  const lost = await flushFailure(log);
  // Who asked for the end gets it: nobody has seen what was lost.
  const verdict = wasAskedFor(asked) ? asked : (lost ?? asked);
  const written = { hasFailed: log.hasFailed, tail: writer.tail };
  const estimated = endingOf(verdict, started, recorder, written);
  const ending = await uncounted.complete(estimated, recorder.wasReported, signal);

  const { error } = verdict;
  const fields = {
    generationId: started.generationId,
    model: ending.model,
    status: ending.status,
    firstTokenMs: recorder.firstTokenAfter,
    tokens: ending.usage?.totalTokens,
    cached: started.cached !== null,
    ...(error && { code: error.code, err: error }),
  };
  if (error?.code === 'internal') dependencies.logger.error(fields, 'reply ended by a defect');
  else if (verdict.status === 'failed') dependencies.logger.warn(fields, 'reply failed');
  else dependencies.logger.info(fields, 'reply ended');
  return ending;
}

async function ask(
  models: ModelProvider,
  { settings, reservation, cached }: StartedGeneration,
  prompt: Prompt,
  recorder: ReplyRecorder,
  signal: AbortSignal,
): Promise<Verdict> {
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
    const { finishReason, usageIsFinal, isFree } = outcome;
    if (recorder.isEmpty) return { ...failure(emptyReply(outcome)), usageIsFinal };
    return { status: 'completed', finishReason, error: null, usageIsFinal, isFree };
  } catch (cause) {
    if (!(signal.reason instanceof StopReason)) return failure(cause);
    const { status, finishReason } = signal.reason;
    const error = status === 'stopped' ? null : interruption();
    return { status, finishReason, error, usageIsFinal: false, isFree: false };
  }
}

async function flushFailure(log: OrderedLog): Promise<Verdict | null> {
  try {
    await log.flush();
    return null;
  } catch (cause) {
    if (cause instanceof LeaseLostError) throw cause;
    return failure(cause);
  }
}

function failure(cause: unknown): Verdict {
  const error = toReplyError(cause);
  const { usageIsFinal } = error;
  return { status: 'failed', finishReason: null, error, usageIsFinal, isFree: false };
}

function endingOf(
  verdict: Verdict,
  { cached }: StartedGeneration,
  recorder: ReplyRecorder,
  { hasFailed, tail }: Pick<LogWriter, 'tail'> & Pick<OrderedLog, 'hasFailed'>,
): Ending {
  // What could not be written was never said: the message is the log.
  const message = hasFailed ? rebuildMessage(tail.events()) : recorder.message;
  const { status, finishReason, error, usageIsFinal, isFree } = verdict;
  return {
    status,
    parts: message.parts(),
    signed: recorder.signed,
    model: recorder.answeredBy,
    finishReason,
    error,
    firstTokenMs: recorder.firstTokenAfter,
    ...(cached !== null || isFree
      ? NOTHING_USED
      : recorder.metered({ isFinal: usageIsFinal, wasAsked: wasAskedFor(verdict) })),
  };
}

function wasAskedFor({ status }: Verdict): boolean {
  return status === 'stopped' || status === 'interrupted';
}

export function metaEvent(context: GenerationContext): ChatEvent {
  const { chatId, generationId, model, userMessage, assistantMessage } = context;
  return {
    event: 'meta',
    data: { protocol: 2, chatId, generationId, model, userMessage, assistantMessage },
  };
}

function shortenedNotice({ reservation }: StartedGeneration): ChatEvent {
  const message = `This reply is limited to ${reservation.maxOutputTokens} tokens: that is what your budget leaves right now.`;
  return { event: 'notice', data: { code: 'shortened', message } };
}

function leftOutNotice(count: number): ChatEvent {
  const files = count === 1 ? 'One earlier file is' : `${count} earlier files are`;
  return {
    event: 'notice',
    data: {
      code: 'files_left_out',
      message: `${files} not sent to the model again. Attach what it needs anew.`,
    },
  };
}

export function interruption(): ReplyError {
  return new ReplyError('interrupted', 'The server was restarted while this reply was being written.');
}

function emptyReply({ finishReason }: ModelOutcome): ReplyError {
  const message =
    finishReason === 'length'
      ? 'The model used up the allowed length before it said anything. Ask for less at once, or choose another model.'
      : 'The model ended its reply without saying anything. Try again, or ask in other words.';
  return new ReplyError('model_empty_reply', message);
}
