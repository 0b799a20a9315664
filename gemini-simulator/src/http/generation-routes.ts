import type { IncomingMessage } from 'node:http';
import type { Behaviour, ReplyBehaviour } from '../behaviour/behaviour.ts';
import { seededRandom } from '../content/seeded-random.ts';
import type { BehaviourChoice } from '../control/behaviour-choice.ts';
import type { LogEntry } from '../control/request-log.ts';
import { arrayFrames, sseFrames } from '../reply/frames.ts';
import { planReply } from '../reply/plan-reply.ts';
import { replayRecording } from '../reply/replay.ts';
import type { ReplyWriter } from '../reply/reply-writer.ts';
import { type Pace, sendWholeReply, streamReply } from '../reply/send-reply.ts';
import { parseGenerateRequest } from '../gemini/generate-request.ts';
import { GoogleApiError } from '../gemini/google-errors.ts';
import { prettyGoogleJson } from '../gemini/google-json.ts';
import { defaultModel, findModel } from '../gemini/models.ts';
import { countPromptTokens } from '../gemini/token-count.ts';

export interface GenerationSettings {
  seed: number;
  mode: 'echo' | 'prose';
  pace: Pace;
  recordings: string | undefined;
}

/** The methods of one model: generate, stream, count. */
export class GenerationRoutes {
  readonly #settings: GenerationSettings;
  readonly #choice: BehaviourChoice;
  #replies = 0;

  constructor(settings: GenerationSettings, choice: BehaviourChoice) {
    this.#settings = settings;
    this.#choice = choice;
  }

  /** Starts the `responseId`s over. */
  reset(): void {
    this.#replies = 0;
  }

  /** @throws {GoogleApiError} before anything is written. */
  async answer(
    entry: LogEntry,
    headers: IncomingMessage['headers'],
    sse: boolean,
    writer: ReplyWriter,
  ): Promise<void> {
    const model = this.#choice.ofModel(entry.model) ? defaultModel : entry.model;
    findModel(model, entry.method);
    if (entry.method === 'countTokens') {
      return this.#behave(this.#choice.counting, entry, model, sse, writer);
    }
    const header = headers['x-sim'];
    const behaviour = this.#choice.next(Array.isArray(header) ? header[0] : header, entry.model);
    return this.#behave(behaviour, entry, model, sse, writer);
  }

  async #behave(
    behaviour: Behaviour,
    entry: LogEntry,
    model: string,
    sse: boolean,
    writer: ReplyWriter,
  ): Promise<void> {
    switch (behaviour.kind) {
      case 'hang':
        return writer.pause();
      case 'reset':
        return writer.reset();
      case 'error':
        await writer.pause(behaviour.delayMs ?? 0);
        return sendError(
          new GoogleApiError(behaviour.error, behaviour),
          entry,
          sse,
          writer,
          behaviour.contentType,
        );
      case 'http':
        await writer.pause(behaviour.delayMs ?? 0);
        writer.head(behaviour.status, behaviour.contentType ?? 'text/plain; charset=UTF-8');
        return writer.end(behaviour.body);
      case 'replay':
        return replayRecording(behaviour, this.#settings.recordings, writer);
      case 'reply':
      case undefined:
        return this.#reply(behaviour, entry, model, sse, writer);
    }
  }

  async #reply(
    behaviour: ReplyBehaviour,
    entry: LogEntry,
    model: string,
    sse: boolean,
    writer: ReplyWriter,
  ): Promise<void> {
    if (entry.method === 'countTokens') {
      await writer.pause(behaviour.firstDelayMs ?? 0);
      return sendTokenCount(entry.body, model, writer);
    }
    const { seed, mode, pace } = this.#settings;
    const request = parseGenerateRequest(entry.body, model);
    const plan = planReply(behaviour, request, {
      mode,
      seed,
      chunkChars: pace.chunkChars,
      modelVersion: model,
      responseId: makeResponseId(seed, ++this.#replies),
    });
    const sending = { plan, behaviour, writer, entry, pace };
    if (entry.method === 'generateContent') return sendWholeReply(sending);
    return streamReply(sending, sse ? sseFrames(behaviour) : arrayFrames());
  }
}

/** An error in the shape the asked form has: an array where the reply would have been one. */
export function sendError(
  { error }: GoogleApiError,
  entry: LogEntry,
  sse: boolean,
  writer: ReplyWriter,
  contentType = 'application/json; charset=UTF-8',
): Promise<void> {
  const body = prettyGoogleJson({ error });
  writer.head(error.code, contentType);
  return writer.end(entry.method === 'streamGenerateContent' && !sse ? `[${body}]\n` : body);
}

function sendTokenCount(body: unknown, model: string, writer: ReplyWriter): Promise<void> {
  const wrapper = body as { generateContentRequest?: unknown; generate_content_request?: unknown } | null;
  const counted = wrapper?.generateContentRequest ?? wrapper?.generate_content_request ?? body;
  const tokens = countPromptTokens(parseGenerateRequest(counted, model));
  writer.head(200, 'application/json; charset=UTF-8');
  return writer.end(
    prettyGoogleJson({
      totalTokens: tokens,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }],
    }),
  );
}

/** 17 bytes in base64url, like Google's. */
function makeResponseId(seed: number, number: number): string {
  const random = seededRandom(seed, `response ${number}`);
  return Buffer.from(Array.from({ length: 17 }, () => Math.floor(random() * 256))).toString('base64url');
}
