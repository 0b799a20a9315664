import type { ChatEvent } from '@millrace/protocol';
import type { EventTail } from '../core/event-tail.ts';

/** The only writer of a generation's log. */
export interface LogWriter {
  /** The committed part, as readers see it. */
  readonly tail: EventTail;
  /** Whether some of what was committed is lost, so that the tail is incomplete and its readers get a snapshot of the message instead. */
  readonly hasLostEvents: boolean;
  /**
   * Numbers a record and queues it for the next commit; never waits. Does nothing once `failure` has aborted.
   * @param event null for a record with private data alone, which readers skip
   * @param privateData is stored with the event and never leaves the server; see `EventTail.records`
   */
  append(event: ChatEvent | null, privateData?: object): void;
  /** Resolves when everything appended so far is durable. @throws StorageError, LeaseLostError */
  flush(): Promise<void>;
  /** Aborts when a commit failed: what was queued is lost, and nothing more can be written. */
  readonly failure: AbortSignal;
  /** Stops writing, so that another writer may be requested. Readers of the tail get what that writer commits. */
  release(): void;
}

/**
 * Append-only records of each generation, numbered 1, 2, 3… without gaps.
 *
 * Law 1: a tail holds an event only once it is durable, and from then on (until it is pruned).
 */
export interface EventLog {
  /**
   * A writer that continues after the last durable event, or begins at 1. A generation has one writer at a time.
   * @param nodeId the node whose lease the writer needs: once it has expired, every commit fails with LeaseLostError
   * @param isNew whether the generation has just been started, so that there are no events to load
   */
  writer(generationId: string, nodeId: string, options?: { isNew: boolean }): Promise<LogWriter>;
  /**
   * The durable events after `after` and the ones to come, whichever process writes them. Reading and following happen
   * in one synchronous turn once this resolves: there is no gap between replay and live.
   * @param reaching a sequence that is known to be durable, even if this process hasn't seen it yet
   */
  open(generationId: string, after: number, reaching?: number): Promise<EventTail>;
  /**
   * Deletes the events of generations that ended before `endedBefore` (ms) and whose terminal event is recorded.
   * @returns the number of generations whose events were deleted
   */
  prune(endedBefore: number): Promise<number>;
  /** Commits what is queued and stops. */
  close(): Promise<void>;
}
