import { isTerminal } from '@millrace/protocol';
import type { ChannelEventName, DiagnosticEventName, EventName } from '@millrace/protocol';

/** A durable event: its name, and its data as JSON on one line, encoded once for the log and for every reader. */
export interface LoggedEvent {
  readonly name: EventName | ChannelEventName | DiagnosticEventName;
  readonly data: string;
}

/** So long, about, the listeners of one log are called in one turn of the event loop (ms): then others have theirs. */
const TURN = 2;
/** The clock is looked at once for so many of them. */
const CALLS_A_LOOK = 16;

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
  /** Whether listeners are being called, in this turn or over several. */
  #isWaking = false;
  /** Whether something has happened since they began to be. */
  #hasNews = false;

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

  /** Calls every listener: at once, unless they are very many. */
  wake(): void {
    if (this.#isWaking) {
      this.#hasNews = true;
    } else if (this.#listeners.size <= CALLS_A_LOOK) {
      for (const listener of this.#listeners) listener();
    } else {
      this.#isWaking = true;
      this.#call(this.#listeners.values());
    }
  }

  /** @param round those who are still to be called */
  #call(round: SetIterator<() => void>): void {
    const until = performance.now() + TURN;
    let calls = 0;
    for (let rest = round; ; rest = this.#listeners.values()) {
      // Leaving the loop leaves the iterator where it is.
      for (const listener of rest) {
        listener();
        calls += 1;
        if (calls % CALLS_A_LOOK === 0 && performance.now() >= until) {
          setImmediate(() => this.#call(rest));
          return;
        }
      }
      if (!this.#hasNews) break;
      this.#hasNews = false;
    }
    this.#isWaking = false;
  }

  /** Resolves at the terminal event, when it is lost, or when the signal aborts. */
  whenEnded(signal: AbortSignal): Promise<void> {
    return this.when(() => this.#ended || this.#isLost, signal);
  }

  /** Resolves when something is true of it, which is looked at whenever it wakes, or when the signal aborts. */
  when(condition: () => boolean, signal: AbortSignal): Promise<void> {
    if (condition() || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        unsubscribe();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const unsubscribe = this.subscribe(() => {
        if (condition()) finish();
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
