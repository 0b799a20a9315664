import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from './history.ts';

export interface Call {
  method: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

export interface Problem {
  code: string;
  detail: string;
}

/** Heartbeats come far more often than that; a silent connection is dead (ms). */
const SILENCE = 2500;
const RETRY_INTERVAL = 40;
/** What no healthy run needs, whatever is done to it (ms). */
export const PATIENCE = 90_000;

/** One user's requests, over a network that can't be relied on. */
export class Calls {
  readonly userId: string;
  readonly history: History;
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string, userId: string, history: History) {
    this.#url = url;
    this.#token = token;
    this.userId = userId;
    this.history = history;
  }

  /** One attempt. Null when it failed on the way, or when the server asks to try again; it has waited a moment then. */
  async attempt(call: Call): Promise<LiveResponse | null> {
    const { method, path, body, headers } = call;
    const silence = new Silence();
    try {
      const response = await fetch(this.#url + path, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: silence.signal,
      });
      if (response.status < 500) return { response, silence };
      const problem = (await response.json()) as Problem;
      if (response.status !== 503) this.refuse(call, response.status, problem);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
    silence.end();
    await sleep(RETRY_INTERVAL);
    return null;
  }

  /** The whole answer, after as many attempts as it takes; null when it never came. */
  async answer(call: Call): Promise<{ status: number; body: string } | null> {
    const deadline = performance.now() + PATIENCE;
    while (performance.now() < deadline) {
      const attempted = await this.attempt(call);
      if (attempted === null) continue;
      const { response, silence } = attempted;
      try {
        return { status: response.status, body: await response.text() };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        await sleep(RETRY_INTERVAL);
      } finally {
        silence.end();
      }
    }
    return null;
  }

  refuse({ method, path, headers }: Call, status: number, { code, detail }: Problem): void {
    const after = headers?.['last-event-id'] ?? 'nothing';
    this.history.refusals.push({ request: `${method} ${path} after ${after}`, status, code, detail });
  }
}

export interface LiveResponse {
  response: Response;
  silence: Silence;
}

/** Gives a connection up that says nothing for too long. */
export class Silence {
  readonly #abort = new AbortController();
  #timer = setTimeout(() => this.#abort.abort(), SILENCE);

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  heard(): void {
    this.#timer.refresh();
  }

  /** While nobody listens, silence says nothing. */
  suspend(): void {
    clearTimeout(this.#timer);
  }

  resume(): void {
    this.suspend();
    this.#timer = setTimeout(() => this.#abort.abort(), SILENCE);
  }

  /** Leaves the connection. */
  end(): void {
    this.suspend();
    this.#abort.abort();
  }
}
