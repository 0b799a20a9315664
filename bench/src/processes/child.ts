import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../measure/process-usage.ts';
import type { ProcessUsage } from '../measure/process-usage.ts';
import { pinned } from './pinning.ts';
import type { Side } from './pinning.ts';

export interface ChildOptions {
  side: Side;
  environment?: Record<string, string>;
  /** Options of Node. */
  nodeOptions?: readonly string[];
}

/** The time limits for a process to print its address, and to end after a SIGTERM. */
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5000;
/** A server is at rest when it used less of a core than this for so long (ms). */
const RESTING_SHARE = 0.05;
const RESTING_TIME = 120;
const REST_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_CHARS = 4000;

/** They are killed when this process exits. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A TypeScript file in a child process, which prints the address it listens on. */
export class Child {
  readonly process: ChildProcess;
  readonly pid: number;
  #output = '';
  #port = 0;
  #isStopping = false;

  private constructor(child: ChildProcess) {
    this.process = child;
    this.pid = child.pid ?? 0;
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    const keep = (bytes: Buffer) =>
      (this.#output = (this.#output + bytes.toString()).slice(-MAX_OUTPUT_CHARS));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** @returns once it listens */
  static async start(
    file: string,
    { side, environment = {}, nodeOptions = [] }: ChildOptions,
  ): Promise<Child> {
    const [command, ...args] = pinned(side);
    const started = spawn(command, [...args, process.execPath, ...nodeOptions, file], {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const child = new Child(started);
    await child.#listening(file);
    return child;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** @throws when it has ended */
  usage(): ProcessUsage | null {
    this.check();
    return usageOf(this.pid);
  }

  /** @throws if it has ended, with its last output */
  check(): void {
    const { exitCode, signalCode } = this.process;
    if (exitCode === null && signalCode === null) return;
    throw new Error(`A process ended with ${exitCode ?? signalCode}:\n${this.#output}`);
  }

  /** Waits until it is idle. */
  async rest(): Promise<void> {
    const deadline = performance.now() + REST_TIMEOUT_MS;
    let before = this.usage();
    while (before !== null && performance.now() < deadline) {
      await sleep(RESTING_TIME);
      const after = this.usage();
      if (after === null || after.cpu - before.cpu < RESTING_SHARE * RESTING_TIME * 1000) return;
      before = after;
    }
  }

  async stop(): Promise<void> {
    if (this.#isStopping || this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.#isStopping = true;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const timeout = setTimeout(() => this.process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timeout);
  }

  #listening(file: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (reason: string) => reject(new Error(`${file} ${reason}:\n${this.#output}`));
      const timeout = setTimeout(() => give('does not say where it listens'), START_TIMEOUT_MS);
      this.process.once('exit', (code) => give(`ended with ${code}`));
      this.process.stdout?.on('data', () => {
        const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(this.#output) ?? [];
        if (port === undefined) return;
        clearTimeout(timeout);
        this.#port = Number(port);
        resolve();
      });
    });
  }
}
