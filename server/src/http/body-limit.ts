import type { MiddlewareHandler } from 'hono';
import { ProblemError } from '../core/errors.ts';
import type { AppContext, Environment } from './environment.ts';

/** A body that is too large is read on for so many times the limit, and thrown away: else its sender hears no answer. */
const DISCARDED_TIMES = 16;

/** Refuses bodies of more bytes than a request may have. @throws ProblemError `too_large` */
export function limitBody(limitFor: (c: AppContext) => number): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const maxBytes = limitFor(c);
    const { raw } = c.req;
    const declared = raw.headers.get('content-length');
    const isDeclared = declared !== null && !raw.headers.has('transfer-encoding');
    if (isDeclared && Number(declared) > maxBytes) throw tooLarge(maxBytes);
    // Looking at the body makes it a web stream, which takes longer than to read most of them.
    if (isDeclared || raw.body === null) return next();
    const body = await readWithin(raw.body, maxBytes);
    const { url, method, headers, signal } = raw;
    c.req.raw = new Request(url, { method, headers, signal, body });
    return next();
  };
}

async function readWithin(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(new Uint8Array(chunk));
    else if (size > DISCARDED_TIMES * maxBytes) break;
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return new Blob(chunks);
}

function tooLarge(maxBytes: number): ProblemError {
  const megabytes = maxBytes / 1024 / 1024;
  const limit = megabytes < 1 ? `${maxBytes} bytes` : `${Math.floor(megabytes * 10) / 10} MB`;
  return new ProblemError('too_large', `The body is larger than ${limit}.`);
}
