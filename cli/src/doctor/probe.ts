import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** From the request to the end of the answer. */
  roundTripMs: number;
}

interface Probe {
  method?: string;
  headers?: Record<string, string>;
}

/** How long to wait for a whole answer, or for the headers of a stream. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Sends a plain request: no connection pool, no decompression, no redirects. */
export async function ask(url: string, probe: Probe = {}): Promise<Answer> {
  const startedAt = performance.now();
  const response = await open(url, probe);
  const timer = setTimeout(() => response.destroy(timeoutError()), ANSWER_TIMEOUT_MS);
  try {
    const body = await text(response);
    const { statusCode: status = 0, headers } = response;
    return { status, headers, body, roundTripMs: performance.now() - startedAt };
  } finally {
    clearTimeout(timer);
  }
}

/** The same, but resolves with the headers. */
export async function open(
  url: string,
  { method = 'GET', headers = {} }: Probe = {},
): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const request = send(url, { method, headers, agent: false });
  const timer = setTimeout(() => request.destroy(timeoutError()), ANSWER_TIMEOUT_MS);
  request.end();
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/** Parses the body as JSON; null when it isn't JSON. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // One reason for each address that was tried.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error.message || error.name;
}

function timeoutError(): Error {
  return new Error(`no complete answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
}
