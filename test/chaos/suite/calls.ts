import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from './history.ts';
import { WAIT_TIMEOUT_MS } from '../../support/time-limits.ts';

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

/** A connection that is silent for so long is dead, because heartbeats come far more often. */
const SILENCE_TIMEOUT_MS = 2500;
const RETRY_INTERVAL_MS = 40;

/** One user's requests, over an unreliable network. */
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

  /** One attempt. Null, after a pause, if the network failed or the server asked for a retry. */
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
    await sleep(RETRY_INTERVAL_MS);
    return null;
  }

  /** The whole response, after retries; null if none arrived within the time limit. */
  async answer(call: Call): Promise<{ status: number; body: string } | null> {
    const deadline = performance.now() + WAIT_TIMEOUT_MS;
    while (performance.now() < deadline) {
      const attempted = await this.attempt(call);
      if (attempted === null) continue;
      const { response, silence } = attempted;
      try {
        return { status: response.status, body: await response.text() };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        await sleep(RETRY_INTERVAL_MS);
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

/** Aborts a connection that is silent for too long. */
export class Silence {
  readonly #abort = new AbortController();
  #timer = setTimeout(() => this.#abort.abort(), SILENCE_TIMEOUT_MS);

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  heard(): void {
    this.#timer.refresh();
  }

  /** For the time in which the client doesn't read. */
  suspend(): void {
    clearTimeout(this.#timer);
  }

  resume(): void {
    this.suspend();
    this.#timer = setTimeout(() => this.#abort.abort(), SILENCE_TIMEOUT_MS);
  }

  /** Closes the connection. */
  end(): void {
    this.suspend();
    this.#abort.abort();
  }
}
