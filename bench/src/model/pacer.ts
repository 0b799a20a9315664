import type { Reply } from './reply.ts';

interface Paced {
  reply: Reply;
  /** When its first chunk is due, by `performance.now()` (ms). */
  startsAt: number;
  perSecond: number;
}

/** Replies that begin together are spread over the time between two chunks, by the golden ratio: evenly, however many. */
const GOLDEN_RATIO = 0.618_033_988_75;

/** Sends the chunks of all replies at their pace with one timer: a wheel of milliseconds, each with the replies that are due. */
export class Pacer {
  readonly #slots = new Map<number, Paced[]>();
  /** The last finished slot. */
  #done = 0;
  #size = 0;
  #started = 0;
  #isTicking = false;

  add(reply: Reply, perSecond: number, firstDelay: number): void {
    const phase = (this.#started * GOLDEN_RATIO) % 1;
    this.#started += 1;
    const startsAt = performance.now() + firstDelay + (phase * 1000) / perSecond;
    this.#size += 1;
    if (!this.#isTicking) {
      this.#isTicking = true;
      this.#done = Math.floor(performance.now());
      setTimeout(() => this.#tick(), 1);
    }
    this.#schedule({ reply, startsAt, perSecond });
  }

  #schedule(paced: Paced): void {
    const dueAt = paced.startsAt + (paced.reply.written * 1000) / paced.perSecond;
    const slot = Math.max(Math.ceil(dueAt), this.#done + 1);
    const others = this.#slots.get(slot);
    if (others === undefined) this.#slots.set(slot, [paced]);
    else others.push(paced);
  }

  #tick(): void {
    const now = performance.now();
    while (this.#done < Math.floor(now)) {
      this.#done += 1;
      const due = this.#slots.get(this.#done);
      if (due === undefined) continue;
      this.#slots.delete(this.#done);
      for (const paced of due) this.#advance(paced, now);
    }
    this.#isTicking = this.#size > 0;
    if (this.#isTicking) setTimeout(() => this.#tick(), 1);
  }

  #advance(paced: Paced, now: number): void {
    const { reply, startsAt, perSecond } = paced;
    const due = Math.floor(((now - startsAt) * perSecond) / 1000) + 1 - reply.written;
    if (due > 0) reply.write(due);
    if (reply.hasEnded) this.#size -= 1;
    else this.#schedule(paced);
  }
}
