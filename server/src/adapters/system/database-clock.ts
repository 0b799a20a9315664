import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { systemClock } from './clock.ts';

/** What time a database has, in ms since 1970. */
type AskTime = () => Promise<number>;

/** How often the database is asked again (ms): crystals drift by 0.1 ms a second at most. */
const INTERVAL = 30_000;
/** Of so many answers the quickest counts. */
const SAMPLES = 3;

/**
 * The clock of a database, as near as its answers are quick: nodes whose own clocks differ date what they share alike. In between it
 * is carried on by the monotonic clock, so that a jump of this machine's changes nothing.
 */
export class DatabaseClock implements Clock {
  readonly #ask: AskTime;
  readonly #timer: NodeJS.Timeout;
  /** What is to be added to the monotonic clock. */
  #offset: number;

  private constructor(ask: AskTime, offset: number, logger: Logger) {
    this.#ask = ask;
    this.#offset = offset;
    const again = async () => {
      try {
        this.#offset = await measure(this.#ask);
      } catch (error) {
        logger.warn({ err: error }, 'the time of the database could not be asked; it is tried again');
      }
    };
    this.#timer = setInterval(() => void again(), INTERVAL).unref();
  }

  static async start(ask: AskTime, logger: Logger): Promise<DatabaseClock> {
    return new DatabaseClock(ask, await measure(ask), logger);
  }

  now(): number {
    return Math.round(systemClock.monotonic() + this.#offset);
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return systemClock.sleep(milliseconds, signal);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

async function measure(ask: AskTime): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, offset: 0 };
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const asked = systemClock.monotonic();
    const time = await ask();
    const took = systemClock.monotonic() - asked;
    if (took < best.took) best = { took, offset: time - asked - took / 2 };
  }
  return best.offset;
}
