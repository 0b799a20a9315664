import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INHERITED } from '../../support/server-process.ts';
import { until } from '../../support/until.ts';
import type { Life } from './plan.ts';
import { spawnChild } from '../../support/child-process.ts';

const MAIN = join(import.meta.dirname, '../../../server/src/main.ts');
const PROCESS_FAULTS = import.meta.resolve('../../support/process-faults.ts');
const MAX_OUTPUT_CHARS = 4000;
/** The exit code after a second signal during the shutdown. */
const ASKED_TWICE = 130;
const IDS = /\b(?:[\da-f]{8}-[\da-f-]{27}|0V\w{14})\b/g;
/** A log line of level `error` or above: the error's message, and the line's message. */
const ERROR_LINE = /^\{"level":[56]0,(?:.*?"err":\{.*?"message":"(.*?)")?.*"msg":"(.*?)"\}$/gm;

/** The output of a server that can't start because it can't reach its storage. */
const CUT_OFF =
  /ECONNREFUSED|ECONNRESET|Connection terminated|terminating connection|not yet accepting|is shutting down|starting up|not queryable/;

/** How server processes ended. */
export interface Deaths {
  /** Killed from outside. */
  kills: number;
  /** Killed by themselves, right before or after a commit. */
  deathsInCommit: number;
  terminations: number;
  /** Ended before they listened because a frozen process held the database's lock; the next start works. */
  lockedStarts: number;
  /** Ended before they listened because PostgreSQL or Redis couldn't be reached; any next start may work. */
  cutOffStarts: number;
  /** The end of the last freeze, by the monotonic clock (ms). */
  frozenUntil: number;
  /** Processes may have pruned the events of replies that ended before this time (Unix ms); null if none did. */
  prunedBefore: number | null;
  /** The times at which a process ended or was frozen (Unix ms). */
  at: number[];
  /** Processes that ended unexpectedly, with their last output. */
  crashes: string[];
  /** The number of log lines for each error. */
  errors: Record<string, number>;
}

/** A server that is restarted whenever it ends, as a supervisor would. */
export class SupervisedServer {
  readonly #environment: Record<string, string>;
  readonly #nextLife: () => Life;
  readonly #deaths: Deaths;
  #child: ChildProcess | null = null;
  #port: number | null = null;
  #lives = 0;
  #isRetired = false;
  #isKilled = false;
  #supervision: Promise<void> = Promise.resolve();

  constructor(environment: Record<string, string>, nextLife: () => Life, deaths: Deaths) {
    this.#environment = environment;
    this.#nextLife = nextLife;
    this.#deaths = deaths;
  }

  /** The port on which it listens; null while it doesn't. */
  get port(): number | null {
    return this.#port;
  }

  /** The number of starts. */
  get lives(): number {
    return this.#lives;
  }

  start(): void {
    this.#supervision = this.#supervise();
  }

  /** Kills it while it runs, starts or is frozen. */
  kill(): void {
    if (this.#child === null) return;
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
  }

  /** Kills it, or the next one as soon as that is spawned. */
  async killOnceAlive(): Promise<void> {
    await until('there is a process', () => this.#child !== null || this.#isRetired);
    this.kill();
  }

  /** Ends it with SIGTERM, as a deployment does. */
  terminate(): void {
    this.#child?.kill('SIGTERM');
  }

  async freeze(milliseconds: number): Promise<void> {
    const child = this.#child;
    // Waking up takes time too.
    this.#deaths.frozenUntil = Math.max(this.#deaths.frozenUntil, performance.now() + milliseconds + 500);
    this.#deaths.at.push(Date.now());
    child?.kill('SIGSTOP');
    await sleep(milliseconds);
    child?.kill('SIGCONT');
  }

  /** Ends it with SIGTERM, and doesn't restart it. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    this.terminate();
    await this.#supervision;
  }

  /** Kills it, and doesn't restart it. */
  abandon(): void {
    this.#isRetired = true;
    this.kill();
  }

  async #supervise(): Promise<void> {
    while (!this.#isRetired) {
      const life = this.#nextLife();
      await sleep(life.startsAfter);
      if (!this.#isRetired) await this.#live(life);
    }
  }

  async #live({ clock, death, eventsKeptFor }: Life): Promise<void> {
    const child = spawnChild(process.execPath, ['--import', PROCESS_FAULTS, MAIN], {
      env: {
        ...INHERITED,
        PORT: '0',
        LOG_LEVEL: 'warn',
        FAULT_CLOCK: clock,
        ...(death !== null && { FAULT_KILL: death }),
        ...(eventsKeptFor !== null && { EVENT_RETENTION: `${eventsKeptFor}ms` }),
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#lives += 1;
    this.#isKilled = false;
    let output = '';
    let hasListened = false;
    const spawnedAt = performance.now();
    const onOutput = (bytes: Buffer) => {
      output = (output + bytes.toString()).slice(-MAX_OUTPUT_CHARS);
      this.#countErrors(bytes.toString());
      const [, port] = /Open http:\/\/[^:]+:(\d+)/.exec(output) ?? [];
      // Ignores the last output of the previous process.
      if (port === undefined || this.#child !== child || hasListened) return;
      hasListened = true;
      this.#recordPruning(eventsKeptFor);
      this.#port = Number(port);
    };
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    this.#child = null;
    this.#port = null;
    this.#deaths.at.push(Date.now());
    if (!hasListened) this.#recordPruning(eventsKeptFor);
    const isLockedOut = !hasListened && code === 1 && output.includes('database is locked');
    const hasFailed = !hasListened && (code === 1 || code === 2);
    const isCutOff = hasFailed && 'DATABASE_URL' in this.#environment && CUT_OFF.test(output);
    if (isLockedOut && this.#deaths.frozenUntil > spawnedAt) this.#deaths.lockedStarts += 1;
    else if (isCutOff) this.#deaths.cutOffStarts += 1;
    else this.#record(code, signal, output);
  }

  /** The server prunes before it listens, by the clock of this machine. */
  #recordPruning(eventsKeptFor: number | null): void {
    if (eventsKeptFor === null) return;
    this.#deaths.prunedBefore = Math.max(this.#deaths.prunedBefore ?? 0, Date.now() - eventsKeptFor);
  }

  #countErrors(output: string): void {
    const { errors } = this.#deaths;
    for (const [, message = '', logged = ''] of output.matchAll(ERROR_LINE)) {
      const error = `${logged}: ${message}`.replaceAll(IDS, '…');
      errors[error] = (errors[error] ?? 0) + 1;
    }
  }

  #record(code: number | null, signal: NodeJS.Signals | null, output: string): void {
    if (this.#isKilled) this.#deaths.kills += 1;
    else if (signal === 'SIGKILL') this.#deaths.deathsInCommit += 1;
    // A signal before the handler is installed ends it at once; a second signal ends it without waiting for replies.
    else if (code === 0 || code === ASKED_TWICE || signal === 'SIGTERM') this.#deaths.terminations += 1;
    else this.#deaths.crashes.push(`ended with ${code ?? signal}: ${output}`);
  }
}
