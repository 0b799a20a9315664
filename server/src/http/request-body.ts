import { z } from 'zod';
import { ProblemError } from '../core/errors.ts';
import { wrongField } from '../core/wrong-field.ts';
import type { AppContext } from './environment.ts';
import { parseJson } from './parse-json.ts';
import { check, isJson, readBody, readOptionalBody } from './validation.ts';

/** The bytes of a body, unless its route says otherwise. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** A body that is too large is read up to this many times the limit and discarded: a sender that is cut off earlier doesn't see the answer. */
const DISCARD_FACTOR = 16;

/** How a route reads its body, and what OpenAPI says about it. */
export interface RequestBody<Value> {
  contentType: string;
  schema: z.ZodType | null;
  isRequired: boolean;
  /** @throws ProblemError `too_large`, `unsupported_media_type`, `invalid_request` */
  read(c: AppContext, maxBytes: number): Promise<Value>;
}

/** A JSON body. */
export function json<Value>(schema: z.ZodType<Value>): RequestBody<Value> {
  return parsedJson(schema, (body) => check(schema, body));
}

/** A JSON body that needs more validation than its schema expresses. @param parse throws ProblemError `invalid_request` */
export function parsedJson<Value>(schema: z.ZodType, parse: (body: unknown) => Value): RequestBody<Value> {
  return jsonBody(schema, true, async (c) => parse(await readBody(c, z.unknown())));
}

/** A JSON body that may be left out, which means the same as `{}`. */
export function optionalJson<Value>(schema: z.ZodType<Value>): RequestBody<Value> {
  return jsonBody(schema, false, (c) => readOptionalBody(c, schema));
}

/** A body that is a file. */
export const fileBody: RequestBody<Uint8Array> = {
  contentType: 'application/octet-stream',
  schema: null,
  isRequired: true,
  async read(c, maxBytes) {
    refuseCoding(c);
    await limitBody(c, maxBytes);
    return new Uint8Array(await c.req.arrayBuffer());
  },
};

/**
 * A JSON body that the handler passes on to another component. It is validated here, so that its errors read like all others.
 * NUL characters are refused: PostgreSQL can't store them.
 */
export function passedOn(schema: z.ZodType): RequestBody<void> {
  return jsonBody(schema, true, async (c) => {
    const body = await c.req.text();
    if (isJson(c)) check(schema, body === '' ? {} : parseJson(body));
    if (NUL_ESCAPE.test(body)) throw wrongField('', 'must not contain NUL characters');
    const { url, method, headers, signal } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, signal, body });
  });
}

/** @param read gets a request whose body is within the limit */
function jsonBody<Value>(
  schema: z.ZodType,
  isRequired: boolean,
  read: (c: AppContext) => Promise<Value>,
): RequestBody<Value> {
  return {
    contentType: 'application/json',
    schema,
    isRequired,
    async read(c, maxBytes) {
      refuseCoding(c);
      refuseCharset(c);
      await limitBody(c, maxBytes);
      return read(c);
    },
  };
}

/** Refuses compressed bodies. @throws ProblemError `unsupported_media_type` */
function refuseCoding(c: AppContext): void {
  if (wasReadByHost(c)) return;
  const coding = c.req.header('content-encoding')?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity') {
    c.header('Accept-Encoding', 'identity');
    throw new ProblemError(
      'unsupported_media_type',
      'Compressed bodies are not supported. Send the body without a Content-Encoding.',
    );
  }
}

/** Refuses JSON in another charset than UTF-8, which would be misread. @throws ProblemError `unsupported_media_type` */
function refuseCharset(c: AppContext): void {
  if (wasReadByHost(c)) return;
  const [, charset = 'utf-8'] = CHARSET.exec(c.req.header('content-type') ?? '') ?? [];
  if (!/^utf-?8$/i.test(charset)) {
    throw new ProblemError(
      'unsupported_media_type',
      'The body must be in UTF-8. Send it without another charset.',
    );
  }
}

/** A host's body parser has decompressed and converted the body, and the headers still say how it was sent. */
function wasReadByHost({ env: { incoming } }: AppContext): boolean {
  return incoming !== undefined && 'rawBody' in incoming;
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i;

/** An unescaped `\u0000` in JSON. */
const NUL_ESCAPE = /(?<!\\)(?:\\\\)*\\u0000/;

/** Refuses a body of more bytes than the limit. @throws ProblemError `too_large` */
export async function limitBody(c: AppContext, maxBytes: number): Promise<void> {
  const { raw } = c.req;
  const declared = raw.headers.get('content-length');
  const isDeclared = declared !== null && !raw.headers.has('transfer-encoding');
  if (isDeclared && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  // `raw.body` creates a web stream, which takes longer than to read most bodies.
  if (isDeclared || raw.body === null) return;
  const body = await readWithin(raw.body, maxBytes);
  const { url, method, headers, signal } = raw;
  c.req.raw = new Request(url, { method, headers, signal, body });
}

async function readWithin(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(new Uint8Array(chunk));
    else if (size > DISCARD_FACTOR * maxBytes) break;
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return new Blob(chunks);
}

function tooLarge(maxBytes: number): ProblemError {
  const megabytes = maxBytes / 1024 / 1024;
  const limit = megabytes < 1 ? `${maxBytes} bytes` : `${Math.floor(megabytes * 10) / 10} MB`;
  return new ProblemError('too_large', `The body is larger than ${limit}.`);
}
