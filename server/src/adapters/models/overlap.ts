/** A shorter one may be chance. In UTF-16 units, like all here. */
const LEAST = 12;
const MOST = 300;

/** Takes off the beginning of a text what the end of another has already said, as far as that is repeated word for word. */
export class Overlap {
  readonly #end: string;
  #beginning = '';
  #isDecided = false;

  /** @param said what was said before */
  constructor(said: string) {
    this.#end = said.slice(-MOST);
  }

  /** @returns what is new for certain */
  add(text: string): string {
    if (this.#isDecided) return text;
    this.#beginning += text;
    const mayRepeat = this.#places().some((place) => this.#end.startsWith(this.#beginning, place));
    return mayRepeat ? '' : this.end();
  }

  /** @returns what was held back */
  end(): string {
    if (this.#isDecided) return '';
    this.#isDecided = true;
    // The longest is the first.
    const place = this.#places().find((start) => this.#beginning.startsWith(this.#end.slice(start)));
    const repeated = place === undefined ? 0 : this.#end.length - place;
    return this.#beginning.slice(repeated);
  }

  /** Where a repeated end may begin. */
  #places(): number[] {
    const places: number[] = [];
    const first = this.#beginning.charAt(0);
    for (let place = 0; place <= this.#end.length - LEAST; place += 1) {
      if (this.#end.charAt(place) === first) places.push(place);
    }
    return places;
  }
}
