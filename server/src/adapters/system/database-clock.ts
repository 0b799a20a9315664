import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { systemClock } from './clock.ts';

/** Asks a database for its time (ms since 1970). */
type AskTime = () => Promise<number>;

/** How often the offset is measured again. Hardware clocks drift by at most 0.1 ms per second. */
const INTERVAL_MS = 30_000;
/** The fastest of this many answers is used. */
const SAMPLES = 3;

/**
 * The clock of a database, so that nodes whose own clocks differ date shared data alike. It is as exact as the database's answers
 * are fast. Between measurements it follows the monotonic clock, so a jump of this machine's clock has no effect.
 */
export class DatabaseClock implements Clock {
  readonly #ask: AskTime;
  readonly #timer: NodeJS.Timeout;
  /** Added to the monotonic clock (ms). */
  #offset: number;

  private constructor(ask: AskTime, offset: number, logger: Logger) {
    this.#ask = ask;
    this.#offset = offset;
    const measureAgain = async () => {
      try {
        this.#offset = await measure(this.#ask);
      } catch (error) {
        logger.warn({ err: error }, 'failed to read the time of the database; retrying');
      }
    };
    this.#timer = setInterval(() => void measureAgain(), INTERVAL_MS).unref();
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
  let best = { durationMs: Number.POSITIVE_INFINITY, offset: 0 };
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const asked = systemClock.monotonic();
    const time = await ask();
    const durationMs = systemClock.monotonic() - asked;
    if (durationMs < best.durationMs) best = { durationMs, offset: time - asked - durationMs / 2 };
  }
  return best.offset;
}
