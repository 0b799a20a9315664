import { EXIT_CODES } from '../errors.ts';

/** Handles Ctrl+C while a reply runs: the first one stops the reply, the second one ends the process. */
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
