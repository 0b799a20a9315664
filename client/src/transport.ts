import { ApiError } from './errors/api-error.ts';
import { NetworkError } from './errors/network-error.ts';

export interface ClientOptions {
  /** Where the server is, without `/api`: `https://chat.example.org`, or `/chat` of the page's own origin. Default: that origin. */
  baseUrl?: string | undefined;
  /** A bearer token, or what gives one; asked before every request, so that it can be renewed. Default: the session cookie. */
  token?: string | (() => string | Promise<string>) | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** Sent with every request. */
  headers?: Record<string, string> | undefined;
  /** `include` for a session cookie on another origin. */
  credentials?: RequestCredentials | undefined;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface Call extends CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Record<string, string | number | boolean | undefined>;
  /** JSON, or a file as it is. */
  body?: object | Blob;
  headers?: Record<string, string>;
}

/**
 * Sends one request and answers its successful response.
 * @throws ApiError, NetworkError, or the signal's reason.
 */
export type Transport = (path: string, call?: Call) => Promise<Response>;

export function createTransport(options: ClientOptions): Transport {
  const baseUrl = baseUrlOf(options);
  // Looked up at each call: tests and instrumentation replace the global one.
  const send: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  return async function transport(path, call = {}) {
    const response = await reach(send, baseUrl + path + encodeQuery(call.query), {
      method: call.method ?? 'GET',
      headers: await headersOf(options, call),
      signal: call.signal ?? null,
      ...(call.body && { body: call.body instanceof Blob ? call.body : JSON.stringify(call.body) }),
      ...(options.credentials && { credentials: options.credentials }),
    });
    if (response.ok) return response;
    const error = await ApiError.from(response);
    call.signal?.throwIfAborted();
    throw error;
  };
}

/** @throws ApiError when the body isn't JSON: something between here and the server answered in its place. */
export async function readJson<Body>(response: Response): Promise<Body> {
  try {
    return (await response.json()) as Body;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new ApiError(response, {}, { cause });
    throw cause;
  }
}

/** Without a slash at its end. */
export function baseUrlOf({ baseUrl = '' }: ClientOptions): string {
  return baseUrl.replace(/\/+$/, '');
}

async function reach(
  send: typeof globalThis.fetch,
  url: string,
  request: RequestInit & { signal: AbortSignal | null },
): Promise<Response> {
  try {
    return await send(url, request);
  } catch (cause) {
    request.signal?.throwIfAborted();
    throw new NetworkError('The server could not be reached', { cause });
  }
}

async function headersOf(options: ClientOptions, call: Call): Promise<Record<string, string>> {
  const token = typeof options.token === 'function' ? await options.token() : options.token;
  return {
    ...options.headers,
    ...(call.body && !(call.body instanceof Blob) && { 'content-type': 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...call.headers,
  };
}

function encodeQuery(query: Call['query'] = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size > 0 ? `?${given}` : '';
}
