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
  milliseconds: number;
}

interface Probe {
  method?: string;
  headers?: Record<string, string>;
}

/** How long to wait for a whole answer, or for the head of a stream (ms). */
const PATIENCE = 15_000;

/** Asks as little as there is to ask: no pool, no compression undone, no redirects followed. */
export async function ask(url: string, probe: Probe = {}): Promise<Answer> {
  const startedAt = performance.now();
  const response = await open(url, probe);
  const timer = setTimeout(() => response.destroy(silence()), PATIENCE);
  try {
    const body = await text(response);
    const { statusCode: status = 0, headers } = response;
    return { status, headers, body, milliseconds: performance.now() - startedAt };
  } finally {
    clearTimeout(timer);
  }
}

/** The same, as soon as the head is there. */
export async function open(
  url: string,
  { method = 'GET', headers = {} }: Probe = {},
): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const request = send(url, { method, headers, agent: false });
  const timer = setTimeout(() => request.destroy(silence()), PATIENCE);
  request.end();
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/** The body as JSON; null when it isn't. */
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
  // Of several addresses that were tried each has its own.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error.message || error.name;
}

function silence(): Error {
  return new Error(`no whole answer came within ${PATIENCE / 1000} s`);
}
