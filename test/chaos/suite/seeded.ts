import { createHash } from 'node:crypto';
import { seededRandom } from '../../support/random.ts';

/** Draws from one stream of random numbers. */
export class Seeded {
  readonly #random: () => number;

  /** @param path names the stream: the same seed and path give the same draws, independent of other streams */
  constructor(seed: number, ...path: (string | number)[]) {
    const digest = createHash('sha256')
      .update([seed, ...path].join('/'))
      .digest();
    this.#random = seededRandom(digest.readInt32LE());
  }

  /** A whole number; both ends are included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  fraction(): number {
    return this.#random();
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<const Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.between(0, items.length - 1)] ?? items[0];
  }

  /** Draws a value with a probability, else null. It always draws, so that the following draws stay the same. */
  maybe<Value>(probability: number, draw: () => Value): Value | null {
    const value = draw();
    return this.chance(probability) ? value : null;
  }
}
