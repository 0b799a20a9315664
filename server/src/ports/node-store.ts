/** What a node says of itself to the others. */
export interface NodeLease {
  id: string;
  /** Grows with each renewal. Who sees it unchanged for a lease's time may take over what the node ran. */
  renewals: number;
  /** The process behind it, in words only its own machine understands; see ProcessProbe. */
  process: string;
}

/**
 * Which processes run, and what they are running. Each method is one transaction.
 *
 * The law: a node that is no longer listed can write no event and settle no generation, and only one other inherits.
 */
export interface NodeStore {
  registerNode(node: NodeLease): Promise<void>;
  /** Renews a lease. Answers false when it was taken over: the node is no longer listed. */
  renewNode(nodeId: string): Promise<boolean>;
  listNodes(): Promise<NodeLease[]>;
  /**
   * Strikes off the nodes that have lapsed, but for those that renewed in the meantime, and gives what unlisted nodes left
   * unfinished to the heir. Answers how many generations that was.
   */
  takeOver(lapsed: readonly NodeLease[], newOwnerId: string): Promise<number>;
  /** Strikes off a node that has ended by itself. */
  removeNode(nodeId: string): Promise<void>;
}

/** Tells whether a process of this machine still lives, so that what it left needn't wait for its lease to lapse. */
export interface ProcessProbe {
  /** This process. */
  readonly self: string;
  /** True only when it certainly doesn't. */
  isGone(process: string): boolean;
}
