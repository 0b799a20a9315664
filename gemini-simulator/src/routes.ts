import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Answer, type LogEntry, jsonType } from './answer.ts';
import { InvalidBehaviourError, type ScriptItem, faultOfModel } from './behaviour.ts';
import { countTokens, embedContents } from './count-and-embed.ts';
import { generate } from './generate.ts';
import { GoogleApiError, invalidArgument } from './google/errors.ts';
import { prettyGoogleJson } from './google/json.ts';
import { defaultModel, findModel, listModels } from './google/models.ts';
import { admit } from './quota.ts';
import { billOf } from './google/tokens.ts';
import type { Call, State } from './state.ts';

/** The methods of a model, with the entry of `supportedGenerationMethods` that each needs. */
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

/** Answers like generativelanguage.googleapis.com, and handles `/__sim`. */
export async function handle(state: State, request: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams: query } = new URL(`http://simulator${request.url ?? '/'}`);
  const [, model = '', method = ''] = modelsPath.exec(pathname) ?? [];
  const loggedHeaders = Object.entries(request.headers).filter(([name]) => !secretHeaders.has(name));
  const headers = Object.fromEntries(loggedHeaders.map(([name, value]) => [name, String(value)]));
  const zeroes = { bytesSent: 0, chunksSent: 0, text: '', tokensMade: 0, billed: billOf({}) };
  const entry: LogEntry = { method, model, body: undefined, headers, startedAt: Date.now(), ...zeroes };
  const isCall = request.method === 'POST' && methods.has(method);
  const answer = new Answer(response, entry, state.billsAfterAbort);
  const fault = state.control ? faultOfModel(model) : undefined;
  const isSse = (query.get('alt') ?? query.get('$alt')) === 'sse';
  const call: Call = {
    state,
    answer,
    entry,
    model: fault ? defaultModel : model,
    fault,
    isSse,
    isWhole: method === 'generateContent',
    query,
    route: `${request.method} ${pathname}`,
    key: String(request.headers['x-goog-api-key'] ?? query.get('key') ?? ''),
    body: await text(request),
  };
  // Not before the body: the log has the order in which requests take their behaviour from the script.
  if (isCall && state.control && state.log.push(entry) > 10_000) state.log.shift();
  try {
    const isControl = state.control && pathname.startsWith('/__sim/');
    await (isControl ? answer.json(control(call)) : callGoogleApi(call));
  } catch (cause) {
    const isInvalid = cause instanceof InvalidBehaviourError;
    const error = isInvalid ? invalidArgument(`Simulator: ${cause.message}`) : cause;
    if (!(error instanceof GoogleApiError)) throw error;
    const body = prettyGoogleJson({ error: error.error });
    answer.head(error.error.code, error.contentType ?? jsonType);
    await answer.write(method === 'streamGenerateContent' && !isSse ? `[${body}]\n` : body);
  }
  answer.end();
}

function control({ state: { controls }, route, body }: Call): object {
  if (route === 'GET /__sim/log') return controls.log();
  if (route === 'POST /__sim/script') return { queued: controls.script(parseJson(body) as ScriptItem[]) };
  if (route === 'POST /__sim/counting') controls.counting(parseJson(body) as ScriptItem);
  else if (route === 'POST /__sim/reset') controls.reset();
  else throw new GoogleApiError('404', { message: `no ${route}` });
  return {};
}

async function callGoogleApi(call: Call): Promise<void> {
  const { state, answer, entry, model, route, key } = call;
  const method = route.startsWith('POST') ? methods.get(entry.method) : undefined;
  const isRead = entry.method === '' && modelsPath.test(route.replace('GET ', ''));
  if (!isRead && (!method || model === '')) {
    answer.head(404, 'text/html; charset=UTF-8');
    return answer.write(notFoundPage);
  }
  if (key === '') throw new GoogleApiError('403-no-key');
  if (state.invalidKeys.includes(key)) throw new GoogleApiError('400-bad-key');
  if (!method) return answer.json(model ? findModel(model, 'getModel') : listModels(call.query));
  entry.body = parseJson(call.body);
  findModel(model, method.needs);
  if (method.needs !== 'countTokens') admit(state, key, model);
  await method.answer(call);
}

function parseJson(body: string): unknown {
  const tooLong = `Request payload size exceeds the limit: ${bodyLimit} bytes.`;
  if (body.length > bodyLimit) throw invalidArgument(tooLong);
  try {
    return JSON.parse(body);
  } catch {
    // Google's message doesn't contain the cause.
    throw invalidArgument('Invalid JSON payload received. Unexpected token.');
  }
}
