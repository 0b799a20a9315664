import type { EventLog } from '../ports/event-log.ts';
import type { RepeatedStart, StartedGeneration } from '../store/transactions/start-generation.ts';
import { LeaseLostError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import type { Lease } from './lease.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import type { Prompt } from './prompt.ts';
import { runGeneration } from './run-generation.ts';
import type { RunDependencies } from './run-generation.ts';
import type { RunningGenerations } from './running-generations.ts';

interface LaunchDependencies extends RunDependencies {
  log: EventLog;
  lease: Lease;
  catalogue: ModelCatalogue;
}

/** A generation that has started. */
export interface Launched {
  started: StartedGeneration;
  /** The generation's log from the beginning. */
  tail: EventTail;
  /** Resolves when the generation has ended, with whether it is settled. */
  finished: Promise<boolean>;
}

interface Launch<Begun> {
  /** Runs the start transaction. */
  begin: (holder: { generationId: string; nodeId: string }) => Promise<Begun>;
  promptOf: (started: StartedGeneration) => Prompt;
  /** Time without a reader after which the generation is stopped; null never stops it. */
  abandonedAfterMs: number | null;
}

/** `Lease.keep` joins a renewal in progress, which may be older than the loss of the lease: the next one finds out. */
const MAX_LEASE_ATTEMPTS = 3;

/** Starts generations under this node's lease. */
export class GenerationLauncher {
  readonly #dependencies: LaunchDependencies;
  readonly #running: RunningGenerations;

  constructor(dependencies: LaunchDependencies, running: RunningGenerations) {
    this.#dependencies = dependencies;
    this.#running = running;
  }

  /** @returns the started generation; the result of `begin` when it started none */
  async launch<NotStarted extends RepeatedStart | null>({
    begin,
    promptOf,
    abandonedAfterMs,
  }: Launch<StartedGeneration | NotStarted>): Promise<Launched | NotStarted> {
    const { log, catalogue, ...dependencies } = this.#dependencies;
    const generationId = dependencies.ids.generationId();
    const release = this.#running.reserve(generationId);
    try {
      const { nodeId, begun } = await catalogue.withCheckedModel(() => this.#underLease(generationId, begin));
      if (begun === null || 'repeats' in begun) return begun;
      const writer = await log.writer(generationId, nodeId, { isNew: true });
      const abort = new AbortController();
      const run = runGeneration(dependencies, begun, promptOf(begun), writer, abort.signal);
      const finished = this.#running.track(generationId, { abort, writer, nodeId, run, abandonedAfterMs });
      return { started: begun, tail: writer.tail, finished };
    } finally {
      release();
    }
  }

  /** A node whose lease expired while its process was suspended may find out only here. It then acquires a new lease. */
  async #underLease<Begun>(
    generationId: string,
    begin: Launch<Begun>['begin'],
  ): Promise<{ nodeId: string; begun: Begun }> {
    const { lease } = this.#dependencies;
    for (let attempt = 1; ; attempt += 1) {
      const { nodeId } = lease;
      try {
        return { nodeId, begun: await begin({ generationId, nodeId }) };
      } catch (error) {
        if (!(error instanceof LeaseLostError) || attempt === MAX_LEASE_ATTEMPTS) throw error;
        await lease.keep();
      }
    }
  }
}
