import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseProcess } from './database-process.ts';
import { freePort } from './free-port.ts';

/** Where `redis-server` or `valkey-server` is. `npm test` finds it. */
const EXECUTABLE = process.env.MILLRACE_REDIS_SERVER ?? '';

/** Why no Redis can be started here; empty when one can. */
export const noRedisServer = EXECUTABLE === '' && process.env.CI !== 'true' ? 'no MILLRACE_REDIS_SERVER' : '';

/** A Redis or Valkey on loopback, that writes down what it has been told before it answers. */
export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #process: DatabaseProcess | null = null;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** Resolves when it takes connections. */
  static async start(): Promise<RedisServer> {
    if (EXECUTABLE === '') throw new Error('MILLRACE_REDIS_SERVER is not set');
    const folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
    const server = new RedisServer(folder, await freePort());
    await server.restart();
    return server;
  }

  /** Of its process; of PostgreSQL's, that which starts the others. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /** Starts it anew, with its data or without; if it runs it is shut down before. */
  async restart({ data = 'kept' }: { data?: 'kept' | 'lost' } = {}): Promise<void> {
    await this.#process?.end('SIGTERM');
    if (data === 'lost') await rm(join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
    const settings = {
      port: String(this.#port),
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      appendonly: 'yes',
      appendfsync: 'no',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.#process = await DatabaseProcess.start(EXECUTABLE, args);
  }

  /** Stops it where it is: it keeps its connections, and answers nothing. */
  freeze(): void {
    this.#process?.freeze();
  }

  thaw(): void {
    this.#process?.thaw();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.end('SIGTERM');
    await rm(this.#folder, { recursive: true });
  }
}
