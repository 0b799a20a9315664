import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { DatabaseProcess } from './database-process.ts';
import { freePort } from './free-port.ts';

/** Where `redis-server` or `valkey-server` is. `npm test` finds it. */
const EXECUTABLE = process.env['MILLRACE_REDIS_SERVER'] ?? '';

/** Why no Redis can be started here; empty when one can. */
export const noRedisServer =
  EXECUTABLE === '' && process.env['CI'] !== 'true' ? 'no MILLRACE_REDIS_SERVER' : '';

/** How much is lost with a crash: all of it, or what came after `remember`. */
export type Loss = 'nothing' | 'newest' | 'all';

/** What it has written down before it answered: only a crash of the whole machine would need more. */
const WRITTEN = 'appendonlydir';
const REMEMBERED = 'remembered';

/** A Redis or Valkey on loopback, that a test may kill. */
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

  /** Of its process; of PostgreSQL's, that which starts the others. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** What comes from here on is the newest. */
  async remember(): Promise<void> {
    await cp(join(this.#folder, WRITTEN), join(this.#folder, REMEMBERED), { recursive: true });
  }

  /** Ends it at once, as a power cut would. */
  async kill(loss: Loss = 'nothing'): Promise<void> {
    await this.#process?.end('SIGKILL');
    if (loss === 'nothing') return;
    const written = join(this.#folder, WRITTEN);
    await rm(written, { recursive: true });
    if (loss === 'newest') await cp(join(this.#folder, REMEMBERED), written, { recursive: true });
  }

  /** Starts it anew with what it has; if it runs it is shut down before. */
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

  /** Stops it where it is: it keeps its connections, and answers nothing. */
  freeze(): void {
    this.#process?.freeze();
  }

  thaw(): void {
    this.#process?.thaw();
  }

  /** Asks it something. */
  async ask(...words: string[]): Promise<unknown> {
    const client = await createClient({ url: this.url }).connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.end('SIGKILL');
    await rm(this.#folder, { recursive: true });
  }
}
