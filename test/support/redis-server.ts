import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { DatabaseProcess } from './database-process.ts';
import { freePort } from './free-port.ts';

/** The path of `redis-server` or `valkey-server`. `npm test` sets it. */
const EXECUTABLE = process.env['MILLRACE_REDIS_SERVER'] ?? '';

/** Why no Redis can be started here; empty if one can. */
export const noRedisServer =
  EXECUTABLE === '' && process.env['CI'] !== 'true' ? 'no MILLRACE_REDIS_SERVER' : '';

/** What a crash loses: everything, or what came after `saveState`. */
export type Loss = 'nothing' | 'newest' | 'all';

/** The append-only files. Redis writes to them before it answers. */
const APPEND_ONLY = 'appendonlydir';
const SAVED = 'saved';

/** A Redis or Valkey on loopback that a test can kill. */
export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly #folder: string;
  readonly #options: readonly string[];
  #process: DatabaseProcess | null = null;

  private constructor(folder: string, port: number, options: readonly string[]) {
    this.#folder = folder;
    this.#options = options;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** Resolves when it takes connections. @param options more of `redis-server` */
  static async start(options: readonly string[] = []): Promise<RedisServer> {
    if (EXECUTABLE === '') throw new Error('MILLRACE_REDIS_SERVER is not set');
    const folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
    const server = new RedisServer(folder, await freePort(), options);
    await server.restart();
    return server;
  }

  /** The process id; for PostgreSQL of the process that starts the others. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Marks the state that `kill('newest')` goes back to. */
  async saveState(): Promise<void> {
    await cp(join(this.#folder, APPEND_ONLY), join(this.#folder, SAVED), { recursive: true });
  }

  /** Kills it, as a power cut would. */
  async kill(loss: Loss = 'nothing'): Promise<void> {
    await this.#process?.kill();
    if (loss === 'nothing') return;
    const written = join(this.#folder, APPEND_ONLY);
    await rm(written, { recursive: true });
    if (loss === 'newest') await cp(join(this.#folder, SAVED), written, { recursive: true });
  }

  /** Starts it again with its data, after shutting it down if it runs. */
  async restart(): Promise<void> {
    await this.#process?.end('SIGTERM');
    const settings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      appendonly: 'yes',
      appendfsync: 'no',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.#process = await DatabaseProcess.start(EXECUTABLE, [...args, ...this.#options]);
  }

  /** Suspends it: it keeps its connections, and answers nothing. */
  freeze(): void {
    this.#process?.freeze();
  }

  thaw(): void {
    this.#process?.thaw();
  }

  /** Sends a command. */
  async ask(...words: string[]): Promise<unknown> {
    const client = await createClient({ url: this.url }).connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.kill();
    await rm(this.#folder, { recursive: true });
  }
}
