import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { ProcessProbe } from '../ports/process-probe.ts';
import type { Store } from '../store/store.ts';
import type { NodeLease } from '../store/transactions/nodes.ts';

/** How often a lease is renewed, and other nodes' leases are checked, within the duration of a lease. */
const RENEWALS_PER_LEASE = 6;
/**
 * The share of a lease's duration after which a node without renewals has expired. Its last renewal is seen at most one interval late, and
 * its expiry at most one interval late too. So a dead node is noticed within the duration of a lease.
 */
const EXPIRY_SHARE = 1 - 2 / RENEWALS_PER_LEASE;

/** This node's lease, which covers the generations it runs, and its view of the other nodes' leases. */
export class Lease {
  readonly #nodes: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #probe: ProcessProbe;
  readonly #logger: Logger;
  readonly #durationMs: number;
  #nodeId: string;
  /** The call of `keep` in progress: two of them could acquire a new lease twice. */
  #keeping: Promise<number> | null = null;
  /** When each node's counter was first seen at its value, by this machine's monotonic clock: clocks of machines are never compared. */
  readonly #seen = new Map<string, { renewals: number; since: number }>();

  constructor(
    dependencies: { nodes: Store; clock: Clock; ids: Ids; probe: ProcessProbe; logger: Logger },
    durationMs: number,
  ) {
    const { nodes, clock, ids, probe, logger } = dependencies;
    this.#nodes = nodes;
    this.#clock = clock;
    this.#ids = ids;
    this.#probe = probe;
    this.#logger = logger;
    this.#durationMs = durationMs;
    this.#nodeId = ids.uuid();
  }

  /** Changes when the lease expires: generations started under the old id belong to their new owner. */
  get nodeId(): string {
    return this.#nodeId;
  }

  /** The time between calls of `keep`. */
  get intervalMs(): number {
    return this.#durationMs / RENEWALS_PER_LEASE;
  }

  async acquire(): Promise<void> {
    await this.#nodes.registerNode({ id: this.#nodeId, renewals: 0, process: this.#probe.self });
  }

  /**
   * Renews the lease and takes over the generations of expired nodes. If this node's own lease has expired, acquires a new one.
   * @returns the number of unfinished generations taken over
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
      this.#logger.warn(
        { nodeId: this.#nodeId },
        'this node’s lease has expired, and another node ends its replies. If the machine is only slow, raise LEASE_MS',
      );
      this.#nodeId = this.#ids.uuid();
      await this.acquire();
    }
    const expired = (await this.#nodes.listNodes()).filter((node) => this.#hasExpired(node));
    return this.#nodes.takeOver(expired, this.#nodeId);
  }

  #hasExpired({ id, renewals, process }: NodeLease): boolean {
    if (id === this.#nodeId) return false;
    if (this.#probe.isGone(process)) return true;
    const seen = this.#seen.get(id);
    if (seen?.renewals === renewals)
      return this.#clock.monotonic() - seen.since >= this.#durationMs * EXPIRY_SHARE;
    this.#seen.set(id, { renewals, since: this.#clock.monotonic() });
    return false;
  }
}
