import type { Model } from '@millrace/protocol';
import { errorFields } from '../../../core/error-fields.ts';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { ModelOutcome, ModelProvider, ModelRequest, ModelSink } from '../../../ports/model-provider.ts';
import type { Prices } from '../../../ports/prices.ts';
import type { InputImage } from '../../../ports/prompt-parts.ts';
import { parseReply, readErrorBody } from '../response-body.ts';
import { fromConnectionError, fromErrorBody, geminiError } from './gemini-errors.ts';
import { builtInModels, fromWireModels, tunedModel, TUNED_PREFIX } from './gemini-models.ts';
import { GeminiStream } from './gemini-stream.ts';
import { contentPart, PROVIDER } from './wire-parts.ts';
import { toWireRequest } from './wire-request.ts';
import type { WireModel } from './wire.ts';

export const GOOGLE_BASE_URL = 'https://generativelanguage.googleapis.com';

export interface GeminiOptions {
  /** Null for a service without keys. */
  apiKey: string | null;
  /** The address without `/v1beta`. */
  baseUrl: string;
  /** Names of tuned models (`tunedModels/…`) to offer besides the models that the service lists. */
  tunedModels: readonly string[];
  /** How long the service may be silent, before the first byte and between bytes. */
  idleTimeoutMs: number;
  /** For the whole list of models. */
  modelsTimeoutMs: number;
  prices: Prices;
  clock: Clock;
  logger: Logger;
}

const MODELS_TTL_MS = 600_000;
/** How long an older or built-in list is used before the service is asked again. */
const SUBSTITUTE_TTL_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Gemini's REST API. */
export class GeminiProvider implements ModelProvider {
  readonly name = PROVIDER;
  readonly #options: GeminiOptions;
  readonly #agent: Agent;
  readonly #baseUrl: URL;
  #models: { list: Model[]; until: number } | null = null;
  /** The fetch in progress, shared by all callers. */
  #fetching: Promise<Model[]> | null = null;

  constructor(options: GeminiOptions) {
    this.#options = options;
    this.#baseUrl = new URL(options.baseUrl);
    this.#agent = new Agent({
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: options.idleTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
    });
  }

  async models(signal: AbortSignal): Promise<Model[]> {
    if (this.#models !== null && this.#options.clock.now() < this.#models.until) return this.#models.list;
    this.#fetching ??= this.#refreshModels().finally(() => (this.#fetching = null));
    return orOnAbort(this.#fetching, signal, () => this.#substituteModels());
  }

  async generate(asked: ModelRequest, sink: ModelSink, signal: AbortSignal): Promise<ModelOutcome> {
    signal.throwIfAborted();
    let hasBegun = false;
    try {
      const path = `${pathOf(asked.model)}:streamGenerateContent?alt=sse`;
      const response = await this.#request('POST', path, signal, JSON.stringify(toWireRequest(asked)));
      hasBegun = true;
      return await parseReply(response.body, new GeminiStream(sink, asked.model));
    } catch (cause) {
      signal.throwIfAborted();
      throw fromConnectionError(cause, hasBegun);
    }
  }

  async countTokens(model: string, content: string | InputImage, signal: AbortSignal): Promise<number> {
    try {
      const path = `${pathOf(model)}:countTokens`;
      const body = JSON.stringify({ contents: [{ role: 'user', parts: [contentPart(content)] }] });
      const response = await this.#request('POST', path, signal, body);
      const { totalTokens } = (await response.body.json()) as { totalTokens?: unknown };
      if (typeof totalTokens === 'number' && Number.isSafeInteger(totalTokens) && totalTokens >= 0) {
        return totalTokens;
      }
      throw geminiError('model_bad_response');
    } catch (cause) {
      signal.throwIfAborted();
      throw fromConnectionError(cause, false);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Never rejects. It has no signal, because several callers may wait for it. */
  async #refreshModels(): Promise<Model[]> {
    const { prices, clock, logger, modelsTimeoutMs } = this.#options;
    try {
      const fetched = await this.#fetchModels(AbortSignal.timeout(modelsTimeoutMs));
      const list = [...fromWireModels(fetched, prices, clock.now()), ...this.#tunedModels()];
      this.#models = { list, until: clock.now() + MODELS_TTL_MS };
      return list;
    } catch (error) {
      logger.warn(
        errorFields(error),
        'failed to fetch the list of models; using an older or the built-in one',
      );
      const list = this.#substituteModels();
      this.#models = { list, until: clock.now() + SUBSTITUTE_TTL_MS };
      return list;
    }
  }

  #substituteModels(): Model[] {
    const { prices, clock } = this.#options;
    return this.#models?.list ?? [...builtInModels(prices, clock.now()), ...this.#tunedModels()];
  }

  #tunedModels(): Model[] {
    const { tunedModels, prices, clock } = this.#options;
    return tunedModels.map((name) => tunedModel(name, prices, clock.now()));
  }

  async #fetchModels(signal: AbortSignal): Promise<WireModel[]> {
    const models: WireModel[] = [];
    let pageToken = '';
    do {
      const query = new URLSearchParams({ pageSize: '1000', ...(pageToken && { pageToken }) });
      const response = await this.#request('GET', `/v1beta/models?${query.toString()}`, signal);
      const page = (await response.body.json()) as { models?: WireModel[]; nextPageToken?: string };
      models.push(...(page.models ?? []));
      pageToken = page.nextPageToken ?? '';
    } while (pageToken !== '');
    return models;
  }

  /** @throws ReplyError for every status but 200 */
  async #request(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body: string | null = null,
  ): Promise<Dispatcher.ResponseData> {
    const { apiKey } = this.#options;
    const { origin, pathname } = this.#baseUrl;
    const response = await this.#agent.request({
      origin,
      path: (pathname === '/' ? '' : pathname) + path,
      method,
      body,
      signal,
      headers: { 'content-type': 'application/json', ...(apiKey !== null && { 'x-goog-api-key': apiKey }) },
    });
    if (response.statusCode === 200) return response;
    throw fromErrorBody(await readErrorBody(response.body), response.statusCode);
  }
}

/** The path of a model, without the method. */
function pathOf(model: string): string {
  const collection = model.startsWith(TUNED_PREFIX) ? TUNED_PREFIX : 'models/';
  return `/v1beta/${collection}${encodeURIComponent(model.replace(TUNED_PREFIX, ''))}`;
}

/** Resolves like the promise, or with another value as soon as the signal aborts. */
function orOnAbort<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  otherwise: () => Value,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = () => resolve(otherwise());
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}
