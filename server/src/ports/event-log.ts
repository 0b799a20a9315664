import type { ChatEvent } from '@millrace/protocol';
import type { EventTail } from '../core/event-tail.ts';

/** The one writer of a generation's log. */
export interface LogWriter {
  /** The committed part, as readers see it. */
  readonly tail: EventTail;
  /** Whether some of what was committed is lost, so that the tail is not all of it, and its readers are told the message instead. */
  readonly hasLost: boolean;
  /** Numbers the event and queues it for the next commit; never waits. Does nothing once `failure` has aborted. */
  append(event: ChatEvent): void;
  /** Resolves when everything appended so far is durable. @throws StorageError, LeaseLostError */
  flush(): Promise<void>;
  /** Aborts when a commit failed: what was queued is lost, and nothing more can be written. */
  readonly failure: AbortSignal;
  /** Writes no more: another writer may be asked for. Readers of the tail get what that one writes. */
  release(): void;
}

/**
 * Append-only events of each generation, numbered 1, 2, 3… without gaps.
 *
 * The law: a tail holds an event only once it is durable, and then for ever (until pruned).
 */
export interface EventLog {
  /**
   * A writer that goes on after the last durable event, or begins at 1. One at a time for each generation.
   * @param nodeId under whose lease it writes: once that is lost, every commit fails with LeaseLostError
   * @param isNew whether the generation has just been started, so that there is nothing to look for
   */
  writer(generationId: string, nodeId: string, options?: { isNew: boolean }): Promise<LogWriter>;
  /**
   * The durable events after `after`, and those to come, whoever writes them. Reading and following happen
   * in one synchronous turn once this resolves: there is no gap between replay and live.
   * @param reaching a sequence that is known to be durable, however little this process has heard of it
   */
  open(generationId: string, after: number, reaching?: number): Promise<EventTail>;
  /**
   * Deletes the events of generations that ended before `endedBefore` (ms), and whose terminal event is noted. Answers how many
   * generations lost theirs.
   */
  prune(endedBefore: number): Promise<number>;
  /** Commits what is queued and stops. */
  close(): Promise<void>;
}
