import { EXIT_CODES } from '../errors.ts';

/** Listens to Ctrl+C while something runs: the first one asks it to stop, the second leaves. */
export class Interrupts implements Disposable {
  readonly #stop: () => void;
  #happened = false;

  constructor(stop: () => void) {
    this.#stop = stop;
    process.on('SIGINT', this.#onInterrupt);
  }

  get happened(): boolean {
    return this.#happened;
  }

  readonly #onInterrupt = (): void => {
    if (this.#happened) process.exit(EXIT_CODES.interrupted);
    this.#happened = true;
    this.#stop();
  };

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onInterrupt);
  }
}
