import { encodeData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import { EventTail } from '../../../../server/src/core/event-tail.ts';
import type { EventLog, LogWriter } from '../../../../server/src/ports/event-log.ts';

/**
 * An event log in memory. Like the idle durable log, it publishes the events of one turn of the event loop at the end of the turn,
 * so that durability is the only difference.
 */
class MemoryEventLog implements EventLog {
  readonly #tails = new Map<string, EventTail>();

  async writer(generationId: string): Promise<LogWriter> {
    const tail = await this.open(generationId);
    return new MemoryLogWriter(tail, () => this.#tails.delete(generationId));
  }

  async open(generationId: string): Promise<EventTail> {
    const tail = this.#tails.get(generationId) ?? new EventTail(generationId, 0, []);
    this.#tails.set(generationId, tail);
    return tail;
  }

  async prune(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}
}

class MemoryLogWriter implements LogWriter {
  readonly tail: EventTail;
  readonly hasLostEvents = false;
  readonly failure = new AbortController().signal;
  readonly release: () => void;
  #isScheduled = false;

  constructor(tail: EventTail, release: () => void) {
    this.tail = tail;
    this.release = release;
  }

  append(event: ChatEvent | null): void {
    if (event !== null) this.tail.commit({ name: event.event, data: encodeData(event) });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.tail.wake();
    });
  }

  flush(): Promise<void> {
    // After the wake, so that readers see the end before the tail is released.
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** Exported under the name of the class that it replaces. */
export { MemoryEventLog as SqliteEventLog };
