import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvalidBehaviourError } from '../behaviour/parse-behaviour.ts';
import type { LogEntry, RequestLog } from '../control/request-log.ts';
import { parseJson, readBody, sendJson } from './json-body.ts';
import { ReplyWriter } from '../reply/reply-writer.ts';
import { type GenerationRoutes, sendError } from './generation-routes.ts';
import { GoogleApiError } from '../gemini/google-errors.ts';
import { prettyGoogleJson } from '../gemini/google-json.ts';
import { findModel, listModels } from '../gemini/models.ts';

export interface GeminiApi {
  generation: GenerationRoutes;
  log: RequestLog;
  invalidKeys: readonly string[];
}

const methodPath =
  /^\/v1(?:alpha|beta)?\/models\/([^/:]+):(streamGenerateContent|generateContent|countTokens)$/;
const modelPath = /^\/v1(?:alpha|beta)?\/models(?:\/([^/:]+))?$/;

/** Answers what generativelanguage.googleapis.com would. */
export async function handleGemini(
  api: GeminiApi,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const call = request.method === 'POST' ? methodPath.exec(url.pathname) : null;
  if (call) return handleCall(api, request, response, url, call);
  try {
    const models = request.method === 'GET' ? modelPath.exec(url.pathname) : null;
    if (!models) throw new GoogleApiError('404', { message: `No such path: ${url.pathname}` });
    checkKey(request, url, api.invalidKeys);
    const name = models[1];
    const body = name === undefined ? listModels(url.searchParams) : findModel(name, 'getModel');
    sendJson(response, 200, prettyGoogleJson(body));
  } catch (error) {
    const { error: failure } = asGoogleError(error);
    sendJson(response, failure.code, prettyGoogleJson({ error: failure }));
  }
}

async function handleCall(
  api: GeminiApi,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  [, model = '', method]: RegExpExecArray,
): Promise<void> {
  const entry: LogEntry = {
    method: method as LogEntry['method'],
    model,
    body: undefined,
    headers: loggedHeaders(request),
    startedAt: Date.now(),
    bytesSent: 0,
    chunksSent: 0,
    text: '',
    tokensMade: 0,
  };
  api.log.add(entry);
  const writer = new ReplyWriter(response, entry);
  const sse = (url.searchParams.get('alt') ?? url.searchParams.get('$alt')) === 'sse';
  try {
    const body = await readBody(request);
    checkKey(request, url, api.invalidKeys);
    entry.body = parseJson(body);
    await api.generation.answer(entry, request.headers, sse, writer);
  } catch (error) {
    // The client left while its request was being read: there is nobody to tell.
    if (writer.closed) return;
    await sendError(asGoogleError(error), entry, sse, writer);
  }
}

function checkKey(request: IncomingMessage, url: URL, invalidKeys: readonly string[]): void {
  const key = request.headers['x-goog-api-key'] ?? url.searchParams.get('key');
  if (!key) throw new GoogleApiError('403-no-key');
  if (invalidKeys.includes(String(key))) throw new GoogleApiError('400-bad-key');
}

function loggedHeaders(request: IncomingMessage): Record<string, string> {
  const secret = new Set(['x-goog-api-key', 'authorization', 'cookie']);
  const shown = Object.entries(request.headers).filter(([name]) => !secret.has(name));
  return Object.fromEntries(shown.map(([name, value]) => [name, String(value)]));
}

function asGoogleError(error: unknown): GoogleApiError {
  if (error instanceof GoogleApiError) return error;
  if (error instanceof InvalidBehaviourError) {
    return new GoogleApiError('400', { message: `Simulator: ${error.message}` });
  }
  throw error;
}
