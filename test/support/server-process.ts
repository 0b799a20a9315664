import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { spawnChild } from './child-process.ts';

const MAIN = join(import.meta.dirname, '../../server/src/main.ts');

/** What a process needs of this one's environment. With a cache Node needs a third less to start. */
export const INHERITED = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};

/** How a process is started, where that is unusual. */
export interface Launch {
  /** A command, with its arguments, that runs the server in its own place. */
  through?: readonly string[];
  /** A module loaded before the server's own code, which is told what to do over IPC. */
  preload?: string;
  /** The server's entry point, where it isn't this repository's. */
  main?: string;
}

/** The server as a process of its own, that can be killed. */
export class ServerProcess {
  readonly url: string;
  /** All it printed so far. */
  readonly output: () => string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, output: () => string) {
    this.#child = child;
    this.url = url;
    this.output = output;
  }

  /** Resolves when it listens. */
  static async start(
    environment: Record<string, string>,
    { through = [], preload, main = MAIN }: Launch = {},
  ): Promise<ServerProcess> {
    const imports = preload === undefined ? [] : ['--import', preload];
    const [command, ...args] = [...through, process.execPath, ...imports, main];
    const child = spawnChild(command, args, {
      env: { ...INHERITED, PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...(preload === undefined ? [] : (['ipc'] as const))],
    });
    let output = '';
    const url = await new Promise<string>((resolve, reject) => {
      const onOutput = (bytes: Buffer) => {
        output += bytes.toString();
        const [, address] = /Open (http:\S+)/.exec(output) ?? [];
        if (address !== undefined) resolve(address);
      };
      child.stdout?.on('data', onOutput);
      child.stderr?.on('data', onOutput);
      child.on('exit', (code) => reject(new Error(`The server ended with ${code}:\n${output}`)));
    });
    return new ServerProcess(child, url, () => output);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('The server has no process');
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Tells the preloaded module something, and waits for its answer. */
  async tell(order: object): Promise<void> {
    const done = once(this.#child, 'message');
    this.#child.send(order);
    await done;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#signal('SIGKILL');
  }

  /** Asks it to end. @returns its exit code */
  async terminate(): Promise<number | null> {
    return this.#signal('SIGTERM');
  }

  /** Stops it where it is, as a laptop's sleep would. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async #signal(signal: NodeJS.Signals): Promise<number | null> {
    if (this.hasEnded) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
    return this.#child.exitCode;
  }
}
