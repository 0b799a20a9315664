import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { freePort } from '../../../../test/support/free-port.ts';

const PROGRAM = process.env['MILLRACE_REDIS_SERVER'] ?? 'redis-server';

/** Whether no Redis can be started here, which is said; in CI it is, or that fails. */
export const isRedisServerMissing =
  spawnSync(PROGRAM, ['--version']).error !== undefined && process.env['CI'] !== 'true';

/** What it has written down, and a copy of that. */
const FILES = 'appendonlydir';
const COPY = 'copy';

/** How much is lost with a crash: all of it, or what came after `remember`. */
export type Loss = 'nothing' | 'newest' | 'all';

/** A Redis that a test may kill. It keeps what it has in an append-only file. */
export class RedisServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-redis-'));
  readonly #port: number;
  readonly #options: readonly string[];
  #process: ChildProcess | null = null;

  private constructor(port: number, options: readonly string[]) {
    this.#port = port;
    this.#options = options;
  }

  /** @param options more of `redis-server` */
  static async start(options: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const [port, dir] = [String(this.#port), this.#folder];
    const saving = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    this.#process = spawn(PROGRAM, ['--port', port, '--dir', dir, ...saving, ...this.#options], {
      stdio: 'ignore',
    });
    const client = createClient({ url: this.url, socket: { reconnectStrategy: 20 } });
    client.on('error', () => {});
    await client.connect();
    while ((await client.info('persistence')).includes('loading:1'));
    client.destroy();
  }

  /** What comes from here on is the newest. */
  remember(): void {
    cpSync(join(this.#folder, FILES), join(this.#folder, COPY), { recursive: true });
  }

  /** As a crash does it. */
  async kill(loss: Loss = 'nothing'): Promise<void> {
    const { exitCode, signalCode } = this.#process ?? {};
    if (this.#process !== null && exitCode === null && signalCode === null) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exit;
    }
    this.#process = null;
    if (loss === 'nothing') return;
    rmSync(join(this.#folder, FILES), { recursive: true });
    if (loss === 'newest') cpSync(join(this.#folder, COPY), join(this.#folder, FILES), { recursive: true });
  }

  /** Has it answer nobody, as if the line were cut. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
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

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}
