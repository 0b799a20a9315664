import { ApiError } from './errors/api-error.ts';
import { NetworkError } from './errors/network-error.ts';

export interface ClientOptions {
  /** The server's URL without `/api`, as in `https://chat.example.org`, or a path such as `/chat`. Default: the page's origin. */
  baseUrl?: string | undefined;
  /** A bearer token, or a function that returns one and is called before every request. Default: the session cookie. */
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
  /** Strings, numbers and booleans; undefined parameters are omitted. */
  query?: object | undefined;
  /** An object is sent as JSON, a Blob unchanged. */
  body?: object | Blob;
  headers?: Record<string, string>;
}

/**
 * Sends one request and returns its successful response.
 * @throws ApiError, NetworkError, or the signal's reason.
 */
export type Transport = (path: string, call?: Call) => Promise<Response>;

export function createTransport(options: ClientOptions): Transport {
  const baseUrl = baseUrlOf(options);
  // Looked up at each call, because tests and instrumentation replace the global function.
  const send: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  return async function transport(path, call = {}) {
    const { method = 'GET', query, body, signal } = call;
    const { token } = options;
    const bearer = typeof token === 'function' ? await token() : token;
    const isJson = body && !(body instanceof Blob);
    const request = {
      method,
      headers: {
        ...options.headers,
        ...(isJson && { 'content-type': 'application/json' }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...call.headers,
      },
      signal: signal ?? null,
      ...(body && { body: isJson ? JSON.stringify(body) : body }),
      ...(options.credentials && { credentials: options.credentials }),
    };
    let failure: ApiError | NetworkError;
    try {
      const response = await send(baseUrl + path + encodeQuery(query), request);
      if (response.ok) return response;
      failure = await ApiError.from(response);
    } catch (cause) {
      failure = new NetworkError('The server could not be reached', { cause });
    }
    signal?.throwIfAborted();
    throw failure;
  };
}

/** @throws ApiError when the body isn't JSON, which means that a proxy answered in the server's place. */
export async function readJson<Body>(response: Response): Promise<Body> {
  try {
    return (await response.json()) as Body;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new ApiError(response, {}, { cause });
    throw cause;
  }
}

/** The base URL without a trailing slash. */
export function baseUrlOf({ baseUrl = '' }: ClientOptions): string {
  return baseUrl.replace(/\/+$/, '');
}

function encodeQuery(query: object = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.size > 0 ? `?${params}` : '';
}
