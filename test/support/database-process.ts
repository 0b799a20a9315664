import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { spawnChild } from './child-process.ts';

/** PostgreSQL, Redis and Valkey print this when they accept connections. */
const READY = /ready to accept (?:read-only )?connections/i;

/** A database server in a child process, which a test can kill. */
export class DatabaseProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it accepts connections. @throws Error with its output if it ends instead */
  static async start(
    command: string,
    args: readonly string[],
    options: Pick<SpawnOptions, 'cwd' | 'uid' | 'gid'> = {},
  ): Promise<DatabaseProcess> {
    const child = spawnChild(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const onOutput = (bytes: Buffer) => {
        output += bytes.toString();
        if (READY.test(output)) resolve();
      };
      child.stdout.on('data', onOutput);
      child.stderr.on('data', onOutput);
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${output}`)));
    });
    return new DatabaseProcess(child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }

  /** Suspends it: it keeps its connections, and answers nothing. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }
}
