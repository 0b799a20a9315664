import { createParser } from 'eventsource-parser';
import type { EventSourceParser } from 'eventsource-parser';
import type { ReplyError } from '../../../core/errors.ts';
import type { ModelOutcome, ModelSink } from '../../../ports/model-provider.ts';
import { blockedAnswer, blockedQuestion, isBlock } from './gemini-blocks.ts';
import { findWireError, fromWireError, geminiError } from './gemini-errors.ts';
import { claimedType, decodeImage } from './inline-image.ts';
import { UsageMeter } from './usage-meter.ts';
import { WholeCharacters } from './whole-characters.ts';
import { providerDataOf } from './wire-parts.ts';
import type { WireBlob, WireCandidate, WireChunk, WirePart, WireSafetyRating, WireSource } from './wire.ts';

/** An image comes in one event, base64. Anything longer isn't a reply. */
const MAX_EVENT_CHARS = 32 * 1024 * 1024;
/** As much of what wasn't an event is kept, to find an error in it. */
const MAX_REMAINDER_CHARS = 64 * 1024;

const FINISH_REASONS = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  // Where it isn't gone on with.
  ['CONTINUATION', 'length'],
]);

const NONE: readonly never[] = [];

/** It tried to use a tool, and there is none. */
const TOOL_TROUBLE = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS']);

/** Reads one `streamGenerateContent` reply and tells a sink what it says. */
export class GeminiStream {
  readonly #sink: ModelSink;
  /** The model that was asked. */
  readonly #asked: string;
  // The parser drops the byte order mark, of which the standard allows one.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #parser: EventSourceParser;
  /** Text since the last read that held an event: where an error that is no event would be. */
  #remainder = '';
  #hasEvents = false;
  #hasEventInFeed = false;
  #error: ReplyError | null = null;
  #finishReason: string | null = null;
  #finishMessage: string | undefined;
  #model: string | null = null;
  #ratings: readonly WireSafetyRating[] = NONE;
  #continuationToken: string | null = null;
  /** Whether usage was reported with the last text or after it. */
  #isReported = false;
  #hasFunctionCall = false;
  #hasAnswered = false;
  /** The types of what came and can't be shown. */
  readonly #refused = new Set<string>();
  readonly #sources = new Set<string>();
  readonly #text = new WholeCharacters();
  readonly #thoughts = new WholeCharacters();
  readonly #usage = new UsageMeter();

  /** @param model that was asked */
  constructor(sink: ModelSink, model: string) {
    this.#sink = sink;
    this.#asked = model;
    this.#parser = createParser({
      maxBufferSize: MAX_EVENT_CHARS,
      onEvent: ({ data }) => this.#onData(data),
      onError: (cause) => {
        if (cause.type === 'max-buffer-size-exceeded')
          this.#fail(geminiError('model_bad_response', undefined, { cause }));
      },
    });
  }

  /** What ends the reply although the connection is still open. */
  get error(): ReplyError | null {
    return this.#error;
  }

  feed(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    this.#hasEventInFeed = false;
    this.#parser.feed(text);
    // An error that is no event may follow an event within one read.
    this.#remainder = (this.#hasEventInFeed ? text : this.#remainder + text).slice(-MAX_REMAINDER_CHARS);
  }

  /** Call when the service has closed the stream. @throws ReplyError when that is no proper end */
  end(): ModelOutcome {
    this.#parser.reset({ consume: true });
    if (this.#error) throw this.#error;
    this.#sayText(this.#text.end());
    this.#sayThought(this.#thoughts.end());
    const finishReason = this.#finishReason;
    if (finishReason === null) throw this.#broken();
    const message = this.#finishMessage;
    const usageIsFinal = this.#isReported;
    if (this.#hasFunctionCall || TOOL_TROUBLE.has(finishReason)) {
      throw geminiError('unsupported_function_call', message, { usageIsFinal });
    }
    if (isBlock(finishReason)) {
      throw blockedAnswer({ reason: finishReason, ratings: this.#ratings, message }, usageIsFinal);
    }
    if (!this.#hasAnswered && this.#refused.size > 0) {
      throw geminiError('model_bad_response', [...this.#refused].join(', '), { usageIsFinal });
    }
    if (message !== undefined) this.#sink.notice('finish_message', message);
    return {
      finishReason: FINISH_REASONS.get(finishReason) ?? finishReason.toLowerCase(),
      usageIsFinal,
      isFree: false,
      continuation: finishReason === 'CONTINUATION' ? this.#continuationToken : null,
    };
  }

  #broken(): ReplyError {
    const error = findWireError(this.#remainder);
    if (error) return fromWireError(error, 500);
    if (this.#hasEvents) return geminiError('model_stream_broken');
    if (this.#remainder.trim() !== '') {
      // Not a word of it: it may be what people or models wrote, and causes are logged.
      const what = this.#remainder.trimStart().startsWith('<') ? 'a web page' : 'no event stream';
      const cause = new Error(`The answer was ${what}`);
      return geminiError('model_bad_response', undefined, { cause });
    }
    return geminiError('model_empty_reply');
  }

  #onData(data: string): void {
    // Some proxies add it; Gemini doesn't.
    if (this.#error !== null || data === '[DONE]') return;
    const chunk = parseChunk(data);
    if (chunk === null) {
      // Neither the data nor the parser's message, which quotes it: both may hold what the model wrote.
      const cause = new Error(`An event of ${data.length} characters is not a JSON object`);
      return this.#fail(geminiError('model_bad_response', undefined, { cause }));
    }
    this.#hasEvents = true;
    this.#hasEventInFeed = true;
    if (chunk.error) return this.#fail(fromWireError(chunk.error, 500));
    if (typeof chunk.modelVersion === 'string') this.#onModel(chunk.modelVersion);
    const [candidate] = listOf(chunk.candidates);
    if (candidate) this.#onCandidate(candidate);
    if (chunk.usageMetadata) {
      const usage = this.#usage.read(chunk.usageMetadata, this.#finishReason !== null);
      if (usage !== null) {
        this.#isReported = true;
        this.#sink.usage(usage);
      }
    }
    const blockReason = chunk.promptFeedback?.blockReason;
    if (blockReason !== undefined) {
      const { blockReasonMessage: message, safetyRatings } = chunk.promptFeedback ?? {};
      const block = { reason: blockReason, ratings: listOf(safetyRatings), message };
      this.#fail(blockedQuestion(block, this.#isReported));
    }
  }

  #onModel(name: string): void {
    // Each chunk says it.
    if (name === this.#model) return;
    this.#model = name;
    this.#sink.model(name);
  }

  #onCandidate(candidate: WireCandidate): void {
    for (const part of listOf(candidate.content?.parts)) this.#onPart(part);
    for (const { web } of listOf(candidate.groundingMetadata?.groundingChunks)) this.#onSource(web);
    const citations = candidate.citationMetadata;
    for (const citation of listOf(citations?.citationSources ?? citations?.citations))
      this.#onSource(citation);
    if (candidate.safetyRatings) this.#ratings = listOf(candidate.safetyRatings);
    // Old models put STOP on every chunk: the reply ends with the stream, not with the first reason.
    if (typeof candidate.finishReason === 'string') this.#finishReason = candidate.finishReason;
    if (typeof candidate.continuationToken === 'string')
      this.#continuationToken = candidate.continuationToken;
    if (typeof candidate.finishMessage === 'string') this.#finishMessage = candidate.finishMessage;
  }

  /** Each address once, however often it is named. */
  #onSource(source: WireSource | null | undefined): void {
    const { uri, title } = source ?? {};
    if (typeof uri !== 'string' || this.#sources.has(uri)) return;
    this.#sources.add(uri);
    this.#sink.source({ title: typeof title === 'string' ? title : uri, url: uri });
  }

  #onPart(part: WirePart): void {
    // An empty text bears a signature, or ends the reply.
    if (part.text !== '') this.#isReported = false;
    if (part.functionCall) this.#hasFunctionCall = true;
    const providerData = providerDataOf(part, this.#asked);
    const text = typeof part.text === 'string' && part.thought !== true ? part.text : '';
    if (providerData !== null) this.#sink.providerData(providerData, text);
    // Images among the thoughts are drafts of the one that comes last.
    if (part.inlineData && part.thought !== true) this.#onInlineData(part.inlineData);
    if (typeof part.text !== 'string') return;
    if (part.thought === true) this.#sayThought(this.#thoughts.add(part.text));
    else this.#sayText(this.#text.add(part.text));
  }

  #onInlineData(blob: WireBlob): void {
    const image = decodeImage(blob);
    if (image === null) return this.#refuse(claimedType(blob));
    this.#sayText(this.#text.end());
    this.#hasAnswered = true;
    this.#sink.media(image);
  }

  /** Sound comes in very many parts: each type is told once. */
  #refuse(type: string): void {
    if (this.#refused.has(type)) return;
    this.#refused.add(type);
    const message = `Gemini sent something that can’t be shown, for it is no PNG, JPEG, WebP or GIF image (${type}).`;
    this.#sink.notice('media_refused', message);
  }

  #sayText(text: string): void {
    if (text === '') return;
    this.#hasAnswered = true;
    this.#sink.text(text);
  }

  #sayThought(text: string): void {
    if (text !== '') this.#sink.thought(text);
  }

  #fail(error: ReplyError): void {
    this.#error ??= error;
  }
}

/** Null for what isn't a JSON object. */
function parseChunk(data: string): WireChunk | null {
  try {
    const chunk: unknown = JSON.parse(data);
    return typeof chunk === 'object' && !Array.isArray(chunk) ? chunk : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isObject(item: unknown): boolean {
  return typeof item === 'object' && item !== null;
}

/** The objects in what should be a list of them: nothing on the wire is taken for granted. */
function listOf<Item extends object>(list: readonly Item[] | undefined): readonly Item[] {
  if (!Array.isArray(list)) return NONE;
  return list.every(isObject) ? list : list.filter(isObject);
}
