import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Api, Call, LogEntry } from '../api.ts';
import { InvalidBehaviourError, type ScriptItem, faultOfModel } from '../behaviour/parse-behaviour.ts';
import { GoogleApiError, invalidArgument } from '../google/errors.ts';
import { prettyGoogleJson } from '../google/json.ts';
import { defaultModel, findModel, listModels } from '../google/models.ts';
import { admit } from '../google/quota.ts';
import { billOf } from '../google/usage.ts';
import { jsonType } from '../reply/encoding.ts';
import { type Act, answerJson, perform } from '../reply/perform.ts';
import { countTokens, embedContents } from './count-and-embed.ts';
import { generate } from './generate.ts';

/** The methods of a model, and what it says it supports where it has them. */
const methods = new Map([
  ['streamGenerateContent', { needs: 'generateContent', answer: generate }],
  ['generateContent', { needs: 'generateContent', answer: generate }],
  ['countTokens', { needs: 'countTokens', answer: countTokens }],
  ['embedContent', { needs: 'embedContent', answer: embedContents }],
  ['batchEmbedContents', { needs: 'embedContent', answer: embedContents }],
]);

const modelsPath = /^\/v1(?:alpha|beta)?\/models(?:\/([^/:]+))?(?::(\w+))?$/;
const secretHeaders = new Set(['x-goog-api-key', 'authorization', 'cookie']);
const bodyLimit = 100 * 1024 * 1024;
const notFoundPage = '<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n';

/** Answers what generativelanguage.googleapis.com would, and the controls. */
export async function handle(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(`http://simulator${request.url ?? '/'}`);
  const [, model = '', method = ''] = modelsPath.exec(url.pathname) ?? [];
  const shown = Object.entries(request.headers).filter(([name]) => !secretHeaders.has(name));
  const entry: LogEntry = {
    method,
    model,
    body: undefined,
    headers: Object.fromEntries(shown.map(([name, value]) => [name, String(value)])),
    startedAt: Date.now(),
    bytesSent: 0,
    chunksSent: 0,
    text: '',
    tokensMade: 0,
    billed: billOf({}),
  };
  const isCall = request.method === 'POST' && methods.has(method);
  if (isCall && api.control && api.log.push(entry) > 10_000) api.log.shift();
  const call: Call = {
    api,
    entry,
    route: `${request.method} ${url.pathname}`,
    url,
    key: String(request.headers['x-goog-api-key'] ?? url.searchParams.get('key') ?? ''),
    body: await text(request),
    isSse: (url.searchParams.get('alt') ?? url.searchParams.get('$alt')) === 'sse',
    model: api.control && faultOfModel(model) ? defaultModel : model,
  };
  await perform(answer(call), response, entry, api.billsAfterAbort);
}

/** The answer, or the error that came instead. */
function* answer(call: Call): Generator<Act> {
  try {
    const isControl = call.api.control && call.url.pathname.startsWith('/__sim/');
    yield* isControl ? answerJson(control(call)) : askGoogle(call);
  } catch (cause) {
    const isMistake = cause instanceof InvalidBehaviourError;
    const error = isMistake ? invalidArgument(`Simulator: ${cause.message}`) : cause;
    if (!(error instanceof GoogleApiError)) throw error;
    const body = prettyGoogleJson({ error: error.error });
    const isArray = call.entry.method === 'streamGenerateContent' && !call.isSse;
    yield { act: 'head', status: error.error.code, contentType: error.contentType ?? jsonType };
    yield { act: 'write', body: isArray ? `[${body}]\n` : body };
  }
}

function control({ api: { controls }, route, body }: Call): object {
  if (route === 'GET /__sim/log') return controls.log();
  if (route === 'POST /__sim/script') return { queued: controls.script(parseJson(body) as ScriptItem[]) };
  if (route === 'POST /__sim/counting') return controls.counting(parseJson(body) as ScriptItem) ?? {};
  if (route !== 'POST /__sim/reset') throw new GoogleApiError('404', { message: `no ${route}` });
  controls.reset();
  return {};
}

function* askGoogle(call: Call): Generator<Act> {
  const { api, entry, route, url, key, model } = call;
  const method = route.startsWith('POST') ? methods.get(entry.method) : undefined;
  const isRead = route.startsWith('GET') && modelsPath.test(url.pathname) && entry.method === '';
  if (!isRead && (!method || model === '')) {
    yield { act: 'head', status: 404, contentType: 'text/html; charset=UTF-8' };
    return yield { act: 'write', body: notFoundPage };
  }
  if (key === '') throw new GoogleApiError('403-no-key');
  if (api.invalidKeys.includes(key)) throw new GoogleApiError('400-bad-key');
  if (!method) return yield* answerJson(model ? findModel(model, 'getModel') : listModels(url.searchParams));
  entry.body = parseJson(call.body);
  findModel(model, method.needs);
  if (method.needs !== 'countTokens') admit(api, key, model);
  yield* method.answer(call);
}

function parseJson(body: string): unknown {
  const tooLong = `Request payload size exceeds the limit: ${bodyLimit} bytes.`;
  if (body.length > bodyLimit) throw invalidArgument(tooLong);
  try {
    return JSON.parse(body);
  } catch {
    // Google names the place and not the cause; the text itself is too long for a message.
    throw invalidArgument('Invalid JSON payload received. Unexpected token.');
  }
}
