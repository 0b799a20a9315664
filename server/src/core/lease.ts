import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { ProcessProbe } from '../ports/process-probe.ts';
import type { Store } from '../store/store.ts';
import type { NodeLease } from '../store/transactions/nodes.ts';

/** How often a lease is renewed, and others' are looked at, within its time. */
const RENEWALS_A_LEASE = 6;
/**
 * What is left of the time when it has been silent for so long, as a share: it is first seen silent one interval after its last
 * renewal at most, and found to have lapsed one interval late at most. So a dead node is noticed within the time of a lease.
 */
const SILENCE = 1 - 2 / RENEWALS_A_LEASE;

/** This node's claim to what it runs, and its watch over the others'. */
export class Lease {
  readonly #nodes: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #probe: ProcessProbe;
  readonly #duration: number;
  #nodeId: string;
  /** One at a time: two that find the lease lost would begin anew twice. */
  #keeping: Promise<number> | null = null;
  /** When a counter was first seen at its value, by the monotonic clock; clocks of machines are never compared. */
  readonly #seen = new Map<string, { renewals: number; since: number }>();

  /** @param duration of a lease (ms) */
  constructor(
    { nodes, clock, ids, probe }: { nodes: Store; clock: Clock; ids: Ids; probe: ProcessProbe },
    duration: number,
  ) {
    this.#nodes = nodes;
    this.#clock = clock;
    this.#ids = ids;
    this.#probe = probe;
    this.#duration = duration;
    this.#nodeId = ids.uuid();
  }

  /** Changes when the lease was lost: what was begun under the old one is the heir's. */
  get nodeId(): string {
    return this.#nodeId;
  }

  /** How long to wait between calls of `keep` (ms). */
  get interval(): number {
    return this.#duration / RENEWALS_A_LEASE;
  }

  async acquire(): Promise<void> {
    await this.#nodes.registerNode({ id: this.#nodeId, renewals: 0, process: this.#probe.self });
  }

  /**
   * Renews the lease and takes over what lapsed nodes left. After a pause so long that others took ours, begins anew.
   * @returns how many unfinished generations are now ours to end
   */
  keep(): Promise<number> {
    this.#keeping ??= this.#keep().finally(() => (this.#keeping = null));
    return this.#keeping;
  }

  async release(): Promise<void> {
    await this.#nodes.removeNode(this.#nodeId);
  }

  async #keep(): Promise<number> {
    if (!(await this.#nodes.renewNode(this.#nodeId))) {
      this.#nodeId = this.#ids.uuid();
      await this.acquire();
    }
    const lapsed = (await this.#nodes.listNodes()).filter((node) => this.#hasLapsed(node));
    return this.#nodes.takeOver(lapsed, this.#nodeId);
  }

  #hasLapsed({ id, renewals, process }: NodeLease): boolean {
    if (id === this.#nodeId) return false;
    if (this.#probe.isGone(process)) return true;
    const seen = this.#seen.get(id);
    if (seen?.renewals === renewals) return this.#clock.monotonic() - seen.since >= this.#duration * SILENCE;
    this.#seen.set(id, { renewals, since: this.#clock.monotonic() });
    return false;
  }
}
