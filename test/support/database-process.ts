import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
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

  /** Kills it and the processes that it has started, all at once, as a power cut would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    // A suspended process starts no others.
    this.freeze();
    for (const pid of [...childrenOf(this.pid), this.pid]) killIfAlive(pid);
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

/** Empty where there is no `/proc`. */
function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
