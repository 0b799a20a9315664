import { isTerminal } from '@millrace/protocol';
import type { ChannelEventName, EventName } from '@millrace/protocol';

/** A durable event: its name, and its data as JSON on one line, encoded once for the log and for every reader. */
export interface LoggedEvent {
  readonly name: EventName | ChannelEventName;
  readonly data: string;
}

/**
 * The committed part of one log (a generation's events, or a chat's) from some sequence on, in memory. A reader keeps a cursor into it and
 * is woken after each commit; it never has a queue of its own.
 */
export class EventTail {
  /** The generation's id, or the chat's. */
  readonly logId: string;
  /** The sequence before the first event held here. */
  readonly base: number;
  readonly #events: LoggedEvent[];
  readonly #listeners = new Set<() => void>();
  #ended: boolean;
  #isLost = false;

  constructor(logId: string, base: number, events: LoggedEvent[]) {
    this.logId = logId;
    this.base = base;
    this.#events = events;
    const last = events.at(-1);
    this.#ended = last !== undefined && isTerminal(last.name);
  }

  /** The sequence of the last durable event; `base` when there is none here. */
  get last(): number {
    return this.base + this.#events.length;
  }

  /** Whether the terminal event is in. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether its events were pruned before they were all read: whoever follows must ask anew. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @param sequence from `base + 1` to `last` */
  at(sequence: number): LoggedEvent {
    const event = this.#events[sequence - this.base - 1];
    if (event === undefined) throw new RangeError(`No event ${sequence} in ${this.base + 1}..${this.last}`);
    return event;
  }

  events(): readonly LoggedEvent[] {
    return this.#events;
  }

  /** Adds an event that has just become durable. Readers hear of it at the next `wake`. */
  commit(event: LoggedEvent): void {
    this.#events.push(event);
    if (isTerminal(event.name)) this.#ended = true;
  }

  /** What follows is gone. Readers hear of it at the next `wake`. */
  lose(): void {
    this.#isLost = true;
  }

  /** Calls every listener, synchronously. */
  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves at the terminal event, when it is lost, or when the signal aborts. */
  whenEnded(signal: AbortSignal): Promise<void> {
    if (this.#ended || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        unsubscribe();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const unsubscribe = this.subscribe(() => {
        if (this.#ended || this.#isLost) finish();
      });
      signal.addEventListener('abort', finish);
    });
  }

  /** @returns how to stop listening */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
