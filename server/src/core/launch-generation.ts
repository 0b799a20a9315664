import type { EventLog } from '../ports/event-log.ts';
import type { RepeatedStart, StartedGeneration } from '../ports/generation-store.ts';
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

/** A generation on its way. */
export interface Launched {
  started: StartedGeneration;
  /** Its log from the beginning. */
  tail: EventTail;
  /** Resolves when it has ended: with whether its end is written. */
  finished: Promise<boolean>;
}

interface Launch<Begun> {
  /** Its transaction. */
  begin: (holder: { generationId: string; nodeId: string }) => Promise<Begun>;
  promptOf: (started: StartedGeneration) => Prompt;
  /** After how long without a reader it is stopped (ms); null never. */
  abandonedAfter: number | null;
}

/** A renewal that was under way when the node fell asleep tells nothing; the next one does. */
const LEASE_ATTEMPTS = 3;

/** Begins generations under this node's lease, and has them run. */
export class GenerationLauncher {
  readonly #dependencies: LaunchDependencies;
  readonly #running: RunningGenerations;

  constructor(dependencies: LaunchDependencies, running: RunningGenerations) {
    this.#dependencies = dependencies;
    this.#running = running;
  }

  /** @returns what is under way; what `begin` answered when it began nothing */
  async launch<Nothing extends RepeatedStart | null>({
    begin,
    promptOf,
    abandonedAfter,
  }: Launch<StartedGeneration | Nothing>): Promise<Launched | Nothing> {
    const { log, catalogue, ...dependencies } = this.#dependencies;
    const generationId = dependencies.ids.generationId();
    const release = this.#running.reserve(generationId);
    try {
      const { nodeId, begun } = await catalogue.checking(() =>
        this.#underLease((holder) => begin({ generationId, nodeId: holder })),
      );
      if (begun === null || 'repeats' in begun) return begun;
      const writer = await log.writer(generationId, nodeId, { isNew: true });
      const abort = new AbortController();
      const run = runGeneration(dependencies, begun, promptOf(begun), writer, abort.signal);
      const finished = this.#running.track(generationId, { abort, writer, nodeId, run, abandonedAfter });
      return { started: begun, tail: writer.tail, finished };
    } finally {
      release();
    }
  }

  /** A node struck off while it slept learns of it here at the latest, and begins anew. */
  async #underLease<Begun>(
    begin: (nodeId: string) => Promise<Begun>,
  ): Promise<{ nodeId: string; begun: Begun }> {
    const { lease } = this.#dependencies;
    for (let attempt = 1; ; attempt += 1) {
      const { nodeId } = lease;
      try {
        return { nodeId, begun: await begin(nodeId) };
      } catch (error) {
        if (!(error instanceof LeaseLostError) || attempt === LEASE_ATTEMPTS) throw error;
        await lease.keep();
      }
    }
  }
}
