import { createParser } from 'eventsource-parser';
import type { EventSourceParser } from 'eventsource-parser';
import type { ReplyError } from '../../../core/errors.ts';
import type { ModelOutcome, ModelSink } from '../../../ports/model-provider.ts';
import type { ReplyParser } from '../response-body.ts';
import { blockedAnswer, blockedQuestion, isBlock } from './gemini-blocks.ts';
import { findWireError, fromWireError, geminiError } from './gemini-errors.ts';
import { claimedType, decodeImage } from './inline-image.ts';
import { UsageMeter } from './usage-meter.ts';
import { WholeCharacters } from './whole-characters.ts';
import { providerDataOf } from './wire-parts.ts';
import type { WireBlob, WireCandidate, WireChunk, WirePart, WireSafetyRating, WireSource } from './wire.ts';

/** An image comes in one event, as Base64. A longer event isn't part of a reply. */
const MAX_EVENT_CHARS = 32 * 1024 * 1024;
/** How much text outside of events is searched for an error. */
const MAX_REMAINDER_CHARS = 64 * 1024;

const FINISH_REASONS = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  // When the reply is not resumed.
  ['CONTINUATION', 'length'],
]);

const EMPTY: readonly never[] = [];

/** The model tried to call a tool, although the request offers none. */
const TOOL_CALL_REASONS = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS']);

/** Parses one `streamGenerateContent` response and feeds a sink. */
export class GeminiStream implements ReplyParser {
  readonly #sink: ModelSink;
  readonly #requestedModel: string;
  // The parser removes the one byte order mark that the standard allows.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #parser: EventSourceParser;
  /** Text since the last read with an event. An error outside of events would be here. */
  #remainder = '';
  #hasEvents = false;
  #hasEventInFeed = false;
  #error: ReplyError | null = null;
  #finishReason: string | null = null;
  #finishMessage: string | undefined;
  #model: string | null = null;
  #ratings: readonly WireSafetyRating[] = EMPTY;
  #continuationToken: string | null = null;
  /** Whether usage was reported with the last text or after it. */
  #isUsageCurrent = false;
  #hasFunctionCall = false;
  #hasAnswered = false;
  /** Types of media that can't be shown. */
  readonly #refused = new Set<string>();
  readonly #sources = new Set<string>();
  readonly #text = new WholeCharacters();
  readonly #thoughts = new WholeCharacters();
  readonly #usage = new UsageMeter();

  constructor(sink: ModelSink, model: string) {
    this.#sink = sink;
    this.#requestedModel = model;
    this.#parser = createParser({
      maxBufferSize: MAX_EVENT_CHARS,
      onEvent: ({ data }) => this.#onData(data),
      onError: (cause) => {
        if (cause.type === 'max-buffer-size-exceeded')
          this.#fail(geminiError('model_bad_response', undefined, { cause }));
      },
    });
  }

  /** Ends the reply while the connection is still open. */
  get error(): ReplyError | null {
    return this.#error;
  }

  feed(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    this.#hasEventInFeed = false;
    this.#parser.feed(text);
    // An error outside of events may follow an event within one read.
    this.#remainder = (this.#hasEventInFeed ? text : this.#remainder + text).slice(-MAX_REMAINDER_CHARS);
  }

  /** Call when the service has closed the stream. @throws ReplyError when the reply isn't complete */
  end(): ModelOutcome {
    this.#parser.reset({ consume: true });
    if (this.#error) throw this.#error;
    this.#addText(this.#text.end());
    this.#addThought(this.#thoughts.end());
    const finishReason = this.#finishReason;
    if (finishReason === null) throw this.#broken();
    const message = this.#finishMessage;
    const usageIsFinal = this.#isUsageCurrent;
    if (this.#hasFunctionCall || TOOL_CALL_REASONS.has(finishReason)) {
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
      // Causes are logged, so it quotes nothing that a user or a model may have written.
      const kind = this.#remainder.trimStart().startsWith('<') ? 'a web page' : 'not an event stream';
      const cause = new Error(`The response was ${kind}`);
      return geminiError('model_bad_response', undefined, { cause });
    }
    return geminiError('model_empty_reply');
  }

  #onData(data: string): void {
    // Some proxies add [DONE]; Gemini doesn't.
    if (this.#error !== null || data === '[DONE]') return;
    const chunk = parseChunk(data);
    if (chunk === null) {
      // Causes are logged, so it quotes neither the data nor the parser's message, which contains data.
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
        this.#isUsageCurrent = true;
        this.#sink.usage(usage);
      }
    }
    const blockReason = chunk.promptFeedback?.blockReason;
    if (blockReason !== undefined) {
      const { blockReasonMessage: message, safetyRatings } = chunk.promptFeedback ?? {};
      const block = { reason: blockReason, ratings: listOf(safetyRatings), message };
      this.#fail(blockedQuestion(block, this.#isUsageCurrent));
    }
  }

  #onModel(name: string): void {
    // Every chunk repeats it.
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
    // Older models put STOP on every chunk: the reply ends with the stream, not with the first reason.
    if (typeof candidate.finishReason === 'string') this.#finishReason = candidate.finishReason;
    if (typeof candidate.continuationToken === 'string')
      this.#continuationToken = candidate.continuationToken;
    if (typeof candidate.finishMessage === 'string') this.#finishMessage = candidate.finishMessage;
  }

  /** Reports each URL once. */
  #onSource(source: WireSource | null | undefined): void {
    const { uri, title } = source ?? {};
    if (typeof uri !== 'string' || this.#sources.has(uri)) return;
    this.#sources.add(uri);
    this.#sink.source({ title: typeof title === 'string' ? title : uri, url: uri });
  }

  #onPart(part: WirePart): void {
    // An empty text only carries a signature or ends the reply: the usage before it is still current.
    if (part.text !== '') this.#isUsageCurrent = false;
    if (part.functionCall) this.#hasFunctionCall = true;
    const providerData = providerDataOf(part, this.#requestedModel);
    const text = typeof part.text === 'string' && part.thought !== true ? part.text : '';
    if (providerData !== null) this.#sink.providerData(providerData, text);
    // Images in thoughts are drafts of the final one.
    if (part.inlineData && part.thought !== true) this.#onInlineData(part.inlineData);
    if (typeof part.text !== 'string') return;
    if (part.thought === true) this.#addThought(this.#thoughts.add(part.text));
    else this.#addText(this.#text.add(part.text));
  }

  #onInlineData(blob: WireBlob): void {
    const image = decodeImage(blob);
    if (image === null) return this.#refuse(claimedType(blob));
    this.#addText(this.#text.end());
    this.#hasAnswered = true;
    this.#sink.media(image);
  }

  /** Reports each type once: audio comes in very many parts. */
  #refuse(type: string): void {
    if (this.#refused.has(type)) return;
    this.#refused.add(type);
    const message = `Gemini sent media that can’t be shown (${type}). Only PNG, JPEG, WebP and GIF images can.`;
    this.#sink.notice('media_refused', message);
  }

  #addText(text: string): void {
    if (text === '') return;
    this.#hasAnswered = true;
    this.#sink.text(text);
  }

  #addThought(text: string): void {
    if (text !== '') this.#sink.thought(text);
  }

  #fail(error: ReplyError): void {
    this.#error ??= error;
  }
}

/** Null for data that isn't a JSON object. */
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

/** The objects of a list. The wire is not trusted: it may be no list, or contain other values. */
function listOf<Item extends object>(list: readonly Item[] | undefined): readonly Item[] {
  if (!Array.isArray(list)) return EMPTY;
  return list.every(isObject) ? list : list.filter(isObject);
}
