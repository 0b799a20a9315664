import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessUsage } from '../measure/process-usage.ts';
import type { Model } from '../model/model.ts';
import { Child } from '../processes/child.ts';
import { limitsOff } from './limits-off.ts';
import { rawRequest } from './subject.ts';
import type { Broadcaster } from './subject.ts';

export const SERVER_MAIN = join(import.meta.dirname, '../../../server/src/main.ts');
const EXCHANGE = join(import.meta.dirname, 'exchange/register.ts');
/** Calls made at once while a measurement is prepared. */
const PREPARING = 16;

export interface MillraceOptions {
  name?: string;
  /** A part of the server to exchange; see `exchange/register.ts`. */
  exchange?: 'memory-log' | 'single-frames';
  /** Settings in addition to the settings of all measurements. */
  environment?: Record<string, string>;
  /** The number of users, who ask in turns. */
  users?: number;
  /** The folder for a CPU profile when the server ends; null for none. */
  profileFolder?: string | null;
}

/** Millrace as users run it: `main.ts` with accounts, SQLite log and ledger. Only its limits are off. */
export class Millrace implements Broadcaster {
  readonly name: string;
  readonly child: Child;
  readonly #dataDir: string;
  #tokens: string[] = [];
  readonly #chats: { id: string; token: string }[] = [];

  private constructor(name: string, child: Child, dataDir: string) {
    this.name = name;
    this.child = child;
    this.#dataDir = dataDir;
  }

  static async start(model: Model, options: MillraceOptions = {}): Promise<Millrace> {
    const { name = 'Millrace', exchange, environment = {}, users = 1, profileFolder = null } = options;
    const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
    const profile = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const child = await Child.start(SERVER_MAIN, {
      side: 'server',
      nodeOptions: [...profile, ...(exchange === undefined ? [] : ['--import', EXCHANGE])],
      environment: {
        ...environmentFor(dataDir, model.child.url),
        ...environment,
        ...(exchange !== undefined && { BENCH_EXCHANGE: exchange }),
      },
    });
    const millrace = new Millrace(name, child, dataDir);
    millrace.#tokens = await Promise.all(Array.from({ length: users }, () => millrace.signIn()));
    return millrace;
  }

  get port(): number {
    return this.child.port;
  }

  async requests(count: number): Promise<string[]> {
    while (this.#chats.length < count) {
      const missing = Math.min(PREPARING, count - this.#chats.length);
      const created = Array.from({ length: missing }, async (_item, index) => {
        const token = this.#tokens[(this.#chats.length + index) % this.#tokens.length] ?? '';
        return { id: await this.createChat(token), token };
      });
      this.#chats.push(...(await Promise.all(created)));
    }
    return this.#chats.slice(0, count).map(({ id, token }) => this.sending(id, token));
  }

  /** Starts one reply for each user. @returns the requests that read them; any node can answer them */
  async beginAll(count: number): Promise<string[]> {
    await this.requests(count);
    return Promise.all(
      this.#chats.slice(0, count).map(async ({ id, token }) => {
        const generationId = await this.begin(id, QUESTION, token);
        return this.reading(`/api/generations/${generationId}/events`, token);
      }),
    );
  }

  get #token(): string {
    return this.#tokens[0] ?? '';
  }

  async broadcast(): Promise<string> {
    const generationId = await this.begin(await this.createChat());
    return this.reading(`/api/generations/${generationId}/events`);
  }

  /** The request that starts a reply in a chat: a new branch of it, so that the model's context stays small. */
  sending(chatId: string, token = this.#token): string {
    const headers = { authorization: `Bearer ${token}` };
    return rawRequest('POST', `/api/chats/${chatId}/messages`, { headers, body: QUESTION });
  }

  /** A GET request of a path. */
  reading(path: string, token = this.#token): string {
    return rawRequest('GET', path, { headers: { authorization: `Bearer ${token}` } });
  }

  /** Starts a reply, and closes the connection when it has begun. @returns the id of the generation */
  async begin(chatId: string, body: object = QUESTION, token = this.#token): Promise<string> {
    const response = await this.#fetch(`/api/chats/${chatId}/messages`, { body, token });
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      const [, generationId] = /^id: (\w+):/m.exec(text) ?? [];
      // Leaving the loop closes the connection.
      if (generationId !== undefined) return generationId;
    }
    throw new Error(`No reply has begun: ${text.slice(0, 500)}`);
  }

  /** Sends a message and waits for the end of the reply. @returns the id of the generation */
  async reply(chatId: string, body: object = QUESTION): Promise<string> {
    const response = await this.#fetch(`/api/chats/${chatId}/messages`, { body });
    const text = await response.text();
    const [, generationId = ''] = /^id: (\w+):/m.exec(text) ?? [];
    if (!text.includes('\nevent: done\n')) throw new Error(`The reply failed: ${text.slice(-500)}`);
    return generationId;
  }

  async createChat(token = this.#token): Promise<string> {
    const response = await this.#fetch('/api/chats', { body: {}, token });
    return ((await response.json()) as { id: string }).id;
  }

  /** @returns the token of a new guest */
  async signIn(): Promise<string> {
    const response = await this.#fetch('/api/auth/sign-in/anonymous', { body: {}, token: '' });
    return response.headers.get('set-auth-token') ?? '';
  }

  usage(): ProcessUsage | null {
    return this.child.usage();
  }

  rest(): Promise<void> {
    return this.child.rest();
  }

  async stop(): Promise<void> {
    await this.child.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  async #fetch(
    path: string,
    { body, token = this.#token }: { body: object; token?: string },
  ): Promise<Response> {
    const response = await fetch(this.child.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== '' && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    if (response.ok) return response;
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  }
}

const QUESTION = { content: 'go on', parentId: null };

/** Only the settings that a measurement needs; the others have their defaults. */
export function environmentFor(dataDir: string, modelUrl: string): Record<string, string> {
  return {
    PORT: '0',
    LOG_LEVEL: 'error',
    DATA_DIR: dataDir,
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: modelUrl,
    MAX_OUTPUT_TOKENS: '1000000',
    // Replies that are still running after a measurement are cut.
    SHUTDOWN_GRACE: '1s',
    ...limitsOff(),
    // A reply that a scenario has cut at the model would be retried in the next one.
    MODEL_RETRIES: '0',
    MODEL_BREAKER_THRESHOLD: 'none',
    // Scenarios count the requests to the model.
    CHAT_TITLES: 'off',
  };
}
