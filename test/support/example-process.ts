import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { freePort } from './free-port.ts';
import { testEnvironment } from './test-server.ts';
import { until } from './until.ts';
import { spawnChild } from './child-process.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = 'node_modules/.bin';

/** An example application, started with the script that `npm start` runs. Its model is the simulator. */
export class ExampleProcess {
  readonly url: string;
  readonly simulator: Simulator;
  readonly #child: ChildProcess;
  readonly #dataDir: string;

  private constructor(child: ChildProcess, url: string, simulator: Simulator, dataDir: string) {
    this.#child = child;
    this.url = url;
    this.simulator = simulator;
    this.#dataDir = dataDir;
  }

  /** Resolves when it answers. */
  static async start(name: 'express' | 'nest' | 'next'): Promise<ExampleProcess> {
    const simulator = await startSimulator();
    const dataDir = await mkdtemp(join(tmpdir(), `millrace-${name}-`));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const folder = join(ROOT, 'examples', name);
    const child = spawnChild('sh', ['-c', await startScript(folder)], {
      cwd: folder,
      // In a separate process group, because a shell doesn't forward signals.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: [join(folder, BIN), join(ROOT, BIN), process.env.PATH].join(delimiter),
        HOME: process.env.HOME,
        NEXT_TELEMETRY_DISABLED: '1',
        ...testEnvironment(simulator.url, dataDir),
        PORT: String(port),
      },
    });
    const example = new ExampleProcess(child, url, simulator, dataDir);
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
    await until(`the example ${name} answers`, () => {
      if (child.exitCode !== null) throw new Error(`The example ended with ${child.exitCode}:\n${output}`);
      return example.#answers();
    });
    return example;
  }

  /** Ends it with SIGTERM, as its operator would. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const ended = once(this.#child, 'close');
      process.kill(-pid, 'SIGTERM');
      await ended;
    }
    await this.simulator.close();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/chat/health`)).ok;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }
}

/**
 * The `start` script of a package for a shell that its last command replaces. With npm in between, the server would outlive a test
 * process that was killed.
 */
async function startScript(folder: string): Promise<string> {
  const manifest = await readFile(join(folder, 'package.json'), 'utf8');
  const { scripts } = JSON.parse(manifest) as { scripts: { start: string } };
  const commands = scripts.start.split(' && ');
  const last = commands.pop();
  return [...commands, `exec ${last}`].join(' && ');
}
