import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INHERITED } from './server-process.ts';
import { until } from './until.ts';
import { spawnChild } from './child-process.ts';

const BIN = join(import.meta.dirname, '../../cli/bin/millrace.mjs');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command line in an empty home folder. */
export class CommandLine implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'millrace-home-'));
  readonly #environment: Record<string, string>;

  /** @param environment variables for every command */
  constructor(environment: Record<string, string> = {}) {
    this.#environment = environment;
  }

  /** Runs a command to its end. @param input the content of stdin, which is no terminal */
  async run(
    args: readonly string[],
    { input = '', environment = {} }: { input?: string; environment?: Record<string, string> } = {},
  ): Promise<Finished> {
    const running = this.start(args, environment);
    running.type(input);
    running.child.stdin?.end();
    return running.finished;
  }

  start(args: readonly string[], environment: Record<string, string> = {}): RunningCommand {
    return this.#spawn(process.execPath, [BIN, ...args], environment);
  }

  /** Starts a command at a terminal. `type('\u0003')` is Ctrl+C. */
  startAtTerminal(args: readonly string[], environment: Record<string, string> = {}): RunningCommand {
    // `exec` replaces the shell, which would handle Ctrl+C itself.
    const command = `exec ${[process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ')}`;
    return this.#spawn('script', ['-qefc', command, '/dev/null'], { TERM: 'xterm', ...environment });
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true });
  }

  #spawn(program: string, args: readonly string[], environment: Record<string, string>): RunningCommand {
    const child = spawnChild(program, args, {
      cwd: this.home,
      env: {
        ...INHERITED,
        HOME: this.home,
        XDG_CONFIG_HOME: this.home,
        ...this.#environment,
        ...environment,
      },
    });
    return new RunningCommand(child);
  }
}

export class RunningCommand {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    // A command may end before it has read its input.
    child.stdin?.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
    this.finished = new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until stdout or stderr contains the text. */
  async sees(text: string | RegExp, { times = 1 }: { times?: number } = {}): Promise<void> {
    const all = () => this.#stdout + this.#stderr;
    await until(`${text} in the output`, () => {
      const found = typeof text === 'string' ? all().split(text).length - 1 : countOf(text, all());
      if (found < times && this.child.exitCode !== null) throw new Error(`It ended first:\n${all()}`);
      return found >= times;
    });
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(new RegExp(pattern, 'g'))?.length ?? 0;
}
