import { encodeData, isTerminal } from '@millrace/protocol';
import type { ChannelEventName, ChatEvent, DiagnosticEventName, EventName } from '@millrace/protocol';

/** A durable event: its name, and its data as JSON on one line, encoded once for the log and for every reader. */
export interface LoggedEvent {
  readonly name: EventName | ChannelEventName | DiagnosticEventName;
  readonly data: string;
}

/** The name of a record without an event. Its `data` is `{}`. */
const PRIVATE_ONLY = 'private';

/**
 * A record as the storage of the event log holds it: an event, private data, or both. Private data never leaves the server: it is
 * what a model's service wants back (signatures, tokens, response ids). It is JSON on one line without tabs between values, as
 * `JSON.stringify` writes it.
 */
export interface LogRecord {
  readonly name: LoggedEvent['name'] | typeof PRIVATE_ONLY;
  readonly data: string;
  readonly private?: string;
}

/** @param event null for a record with private data alone */
export function toRecord(event: ChatEvent | null, privateData?: object): LogRecord {
  const name = event === null ? PRIVATE_ONLY : event.event;
  const data = event === null ? '{}' : encodeData(event);
  return privateData === undefined ? { name, data } : { name, data, private: JSON.stringify(privateData) };
}

/** Whether a record ends its log. */
export function isTerminalRecord(record: LogRecord | undefined): boolean {
  return record !== undefined && record.name !== PRIVATE_ONLY && isTerminal(record.name);
}

/** How long the listeners of one log may run in one turn of the event loop, approximately (ms). */
const MAX_TURN_MS = 2;
/** The clock is read once in this many calls. */
const CALLS_PER_CLOCK_READ = 16;

/**
 * The committed part of one log (a generation's events, or a chat's) from some sequence on, in memory. A reader keeps a cursor into it and
 * is woken after each commit; it never has a queue of its own.
 *
 * This is where private data is taken off the records: readers, and so all frames, are made from `at` and `events`, which have none.
 */
export class EventTail {
  /** The generation's id, or the chat's. */
  readonly logId: string;
  /** The sequence before the first record held here. */
  readonly base: number;
  /** By sequence; null where a record has no event. */
  readonly #events: (LoggedEvent | null)[];
  /** Private data by sequence. Null until there is some: most logs have none. */
  #private: Map<number, string> | null = null;
  readonly #listeners = new Set<() => void>();
  #hasEnded: boolean;
  #isLost = false;
  /** Whether listeners are being called, in this turn or over several. */
  #isWaking = false;
  /** Whether `wake` was called meanwhile. */
  #mustWakeAgain = false;

  /** @param records are owned by the tail from now on */
  constructor(logId: string, base: number, records: LogRecord[]) {
    this.logId = logId;
    this.base = base;
    this.#events = [];
    this.#hasEnded = false;
    if (records.every(isPublic)) this.#events = records;
    else for (const record of records) this.#add(record);
    this.#hasEnded = isTerminalRecord(this.#events.at(-1) ?? undefined);
  }

  /** The sequence of the last durable record; `base` when there is none here. */
  get last(): number {
    return this.base + this.#events.length;
  }

  /** Whether the terminal event is in. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the rest of the log was pruned before it was read: readers must open the log again. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /**
   * The event with this sequence; null where the record has private data alone, which readers skip.
   * @param sequence from `base + 1` to `last`
   */
  at(sequence: number): LoggedEvent | null {
    const event = this.#events[sequence - this.base - 1];
    if (event === undefined) throw new RangeError(`No event ${sequence} in ${this.base + 1}..${this.last}`);
    return event;
  }

  /** All events held here, in order. */
  events(): readonly LoggedEvent[] {
    if (this.#private === null) return this.#events as LoggedEvent[];
    return this.#events.filter((event) => event !== null);
  }

  /** The records after a sequence, with their private data: for storage and recovery. */
  records(after: number): LogRecord[] {
    const events = this.#events.slice(Math.max(0, after - this.base));
    const privateData = this.#private;
    if (privateData === null) return events as LoggedEvent[];
    const first = this.last - events.length + 1;
    return events.map((event, index) => {
      const record = event ?? { name: PRIVATE_ONLY, data: '{}' };
      const data = privateData.get(first + index);
      return data === undefined ? record : { ...record, private: data };
    });
  }

  /** Adds a record that has just become durable. Readers see it at the next `wake`. */
  commit(record: LogRecord): void {
    if (isPublic(record)) this.#events.push(record);
    else this.#add(record);
    if (isTerminalRecord(record)) this.#hasEnded = true;
  }

  /** Notes that the rest of the log is gone. Readers see it at the next `wake`. */
  markLost(): void {
    this.#isLost = true;
  }

  /** Calls every listener: at once, unless they are very many. */
  wake(): void {
    if (this.#isWaking) {
      this.#mustWakeAgain = true;
    } else if (this.#listeners.size <= CALLS_PER_CLOCK_READ) {
      for (const listener of this.#listeners) listener();
    } else {
      this.#isWaking = true;
      this.#call(this.#listeners.values());
    }
  }

  /** @param listeners the ones that are still to be called */
  #call(listeners: SetIterator<() => void>): void {
    const until = performance.now() + MAX_TURN_MS;
    let calls = 0;
    for (let remaining = listeners; ; remaining = this.#listeners.values()) {
      // Leaving the loop leaves the iterator where it is.
      for (const listener of remaining) {
        listener();
        calls += 1;
        if (calls % CALLS_PER_CLOCK_READ === 0 && performance.now() >= until) {
          setImmediate(() => this.#call(remaining));
          return;
        }
      }
      if (!this.#mustWakeAgain) break;
      this.#mustWakeAgain = false;
    }
    this.#isWaking = false;
  }

  /** Resolves at the terminal event, when the tail is lost, or when the signal aborts. */
  whenEnded(signal: AbortSignal): Promise<void> {
    return this.when(() => this.#hasEnded || this.#isLost, signal);
  }

  /** Resolves when the condition holds, or when the signal aborts. It is checked now and at every `wake`. */
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

  /** @returns a function that unsubscribes */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add({ name, data, private: privateData }: LogRecord): void {
    this.#events.push(name === PRIVATE_ONLY ? null : { name, data });
    this.#private ??= new Map();
    if (privateData !== undefined) this.#private.set(this.last, privateData);
  }
}

function isPublic(record: LogRecord): record is LoggedEvent {
  return record.private === undefined && record.name !== PRIVATE_ONLY;
}
