import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { spawnChild } from './child-process.ts';

const MAIN = join(import.meta.dirname, '../../server/src/main.ts');

/** The environment variables that servers inherit. With the compile cache Node starts in two thirds of the time. */
export const INHERITED = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};

/** Unusual ways to start the server. */
export interface Launch {
  /** A command with arguments that replaces itself with the server. */
  through?: readonly string[];
  /** A module that is loaded before the server's code and takes orders over IPC. */
  preload?: string;
  /** The server's entry point, where it isn't this repository's. */
  main?: string;
}

/** The server in a child process, which a test can kill. */
export class ServerProcess {
  readonly url: string;
  /** Its whole output so far. */
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

  /** Sends an order to the preloaded module, and waits for its answer. */
  async sendOrder(order: object): Promise<void> {
    const done = once(this.#child, 'message');
    this.#child.send(order);
    await done;
  }

  /** Kills it, as a power cut would. */
  async kill(): Promise<void> {
    await this.#signal('SIGKILL');
  }

  /** Ends it with SIGTERM. @returns its exit code */
  async terminate(): Promise<number | null> {
    return this.#signal('SIGTERM');
  }

  /** Suspends it, as a sleeping laptop would. */
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
