import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INHERITED } from '../../support/server-process.ts';
import { until } from '../../support/until.ts';
import type { ProcessPlan } from './plan.ts';
import { spawnChild } from '../../support/child-process.ts';

const MAIN = join(import.meta.dirname, '../../../server/src/main.ts');
const PROCESS_FAULTS = import.meta.resolve('../../support/process-faults.ts');
const MAX_OUTPUT_CHARS = 4000;
/** The exit code after a second signal during the shutdown. */
const SECOND_SIGNAL_EXIT_CODE = 130;
const IDS = /\b(?:[\da-f]{8}-[\da-f-]{27}|0V\w{14})\b/g;
/** A log line of level `error` or above: the error's message, and the line's message. */
const ERROR_LINE = /^\{"level":[56]0,(?:.*?"err":\{.*?"message":"(.*?)")?.*"msg":"(.*?)"\}$/gm;

/** Is logged by a node that was too slow to renew its lease. */
const LEASE_EXPIRED = 'lease has expired';

/** The output of a server that can't start because it can't reach its storage. */
const STORAGE_UNREACHABLE =
  /ECONNREFUSED|ECONNRESET|Connection terminated|terminating connection|not yet accepting|is shutting down|starting up|not queryable/;

/** How server processes ended. */
export interface ProcessEnds {
  /** Killed from outside. */
  kills: number;
  /** Killed by themselves, right before or after a commit. */
  killsInCommit: number;
  terminations: number;
  /** Ended before they listened because a frozen process held the database's lock; the next start works. */
  lockedStarts: number;
  /** Ended before they listened because PostgreSQL or Redis couldn't be reached; any next start may work. */
  unreachableStorageStarts: number;
  /** The end of the last freeze, by the monotonic clock (ms). */
  frozenUntilMs: number;
  /** Processes may have pruned the events of replies that ended before this time (Unix ms); null if none did. */
  prunedBefore: number | null;
  /** The times at which a process ended or was frozen (Unix ms). */
  endTimes: number[];
  /** Processes that ended unexpectedly, with their last output. */
  crashes: string[];
  /** The number of log lines for each error. */
  errors: Record<string, number>;
}

/** A server that is restarted whenever it ends, as a supervisor would. */
export class SupervisedServer {
  readonly #environment: Record<string, string>;
  readonly #nextProcess: () => ProcessPlan;
  readonly #ends: ProcessEnds;
  #child: ChildProcess | null = null;
  #port: number | null = null;
  #starts = 0;
  #isStoppedForGood = false;
  #isKilled = false;
  #supervision: Promise<void> = Promise.resolve();

  constructor(environment: Record<string, string>, nextProcess: () => ProcessPlan, processEnds: ProcessEnds) {
    this.#environment = environment;
    this.#nextProcess = nextProcess;
    this.#ends = processEnds;
  }

  /** The port on which it listens; null while it doesn't. */
  get port(): number | null {
    return this.#port;
  }

  /** The number of starts. */
  get starts(): number {
    return this.#starts;
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
  async killWhenStarted(): Promise<void> {
    await until('a process runs', () => this.#child !== null || this.#isStoppedForGood);
    this.kill();
  }

  /** Ends it with SIGTERM, as a deployment does. */
  terminate(): void {
    this.#child?.kill('SIGTERM');
  }

  async freeze(milliseconds: number): Promise<void> {
    const child = this.#child;
    // Waking up takes time too.
    this.#ends.frozenUntilMs = Math.max(this.#ends.frozenUntilMs, performance.now() + milliseconds + 500);
    this.#ends.endTimes.push(Date.now());
    child?.kill('SIGSTOP');
    await sleep(milliseconds);
    child?.kill('SIGCONT');
  }

  /** Ends it with SIGTERM, and doesn't restart it. */
  async terminateForGood(): Promise<void> {
    this.#isStoppedForGood = true;
    this.terminate();
    await this.#supervision;
  }

  /** Kills it, and doesn't restart it. */
  killForGood(): void {
    this.#isStoppedForGood = true;
    this.kill();
  }

  async #supervise(): Promise<void> {
    while (!this.#isStoppedForGood) {
      const processPlan = this.#nextProcess();
      await sleep(processPlan.startDelayMs);
      if (!this.#isStoppedForGood) await this.#runOnce(processPlan);
    }
  }

  async #runOnce({ clock, killAt, eventRetentionMs }: ProcessPlan): Promise<void> {
    const child = spawnChild(process.execPath, ['--import', PROCESS_FAULTS, MAIN], {
      env: {
        ...INHERITED,
        PORT: '0',
        LOG_LEVEL: 'warn',
        FAULT_CLOCK: clock,
        ...(killAt !== null && { FAULT_KILL: killAt }),
        ...(eventRetentionMs !== null && { EVENT_RETENTION: `${eventRetentionMs}ms` }),
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#starts += 1;
    this.#isKilled = false;
    let output = '';
    let hasListened = false;
    const spawnedAt = performance.now();
    const onOutput = (bytes: Buffer) => {
      output = (output + bytes.toString()).slice(-MAX_OUTPUT_CHARS);
      this.#countErrors(bytes.toString());
      // Another node has ended its replies, as if it had been killed.
      if (bytes.includes(LEASE_EXPIRED)) this.#ends.endTimes.push(Date.now());
      const [, port] = /Open http:\/\/[^:]+:(\d+)/.exec(output) ?? [];
      // Ignores the last output of the previous process.
      if (port === undefined || this.#child !== child || hasListened) return;
      hasListened = true;
      this.#recordPruning(eventRetentionMs);
      this.#port = Number(port);
    };
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    this.#child = null;
    this.#port = null;
    this.#ends.endTimes.push(Date.now());
    if (!hasListened) this.#recordPruning(eventRetentionMs);
    const isLockedOut = !hasListened && code === 1 && output.includes('database is locked');
    const hasFailed = !hasListened && (code === 1 || code === 2);
    const isStorageUnreachable =
      hasFailed && 'DATABASE_URL' in this.#environment && STORAGE_UNREACHABLE.test(output);
    if (isLockedOut && this.#ends.frozenUntilMs > spawnedAt) this.#ends.lockedStarts += 1;
    else if (isStorageUnreachable) this.#ends.unreachableStorageStarts += 1;
    else this.#record(code, signal, output);
  }

  /** The server prunes before it listens, by the clock of this machine. */
  #recordPruning(eventRetentionMs: number | null): void {
    if (eventRetentionMs === null) return;
    this.#ends.prunedBefore = Math.max(this.#ends.prunedBefore ?? 0, Date.now() - eventRetentionMs);
  }

  #countErrors(output: string): void {
    const { errors } = this.#ends;
    for (const [, message = '', logged = ''] of output.matchAll(ERROR_LINE)) {
      const error = `${logged}: ${message}`.replaceAll(IDS, '…');
      errors[error] = (errors[error] ?? 0) + 1;
    }
  }

  #record(code: number | null, signal: NodeJS.Signals | null, output: string): void {
    if (this.#isKilled) this.#ends.kills += 1;
    else if (signal === 'SIGKILL') this.#ends.killsInCommit += 1;
    // A signal before the handler is installed ends it at once; a second signal ends it without waiting for replies.
    else if (code === 0 || code === SECOND_SIGNAL_EXIT_CODE || signal === 'SIGTERM')
      this.#ends.terminations += 1;
    else this.#ends.crashes.push(`ended with ${code ?? signal}: ${output}`);
  }
}
