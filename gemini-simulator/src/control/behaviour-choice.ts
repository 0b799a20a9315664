import type { Behaviour } from '../behaviour/behaviour.ts';
import { faultByName } from '../behaviour/named-faults.ts';
import { InvalidBehaviourError, parseBehaviour } from '../behaviour/parse-behaviour.ts';

/** The queue of scripted behaviours, and what is chosen where it is empty. */
export class BehaviourChoice {
  /** Off for the demo: then neither a header nor a model's name can make a reply fail. */
  readonly #control: boolean;
  #queue: Behaviour[] = [];
  #counting: Behaviour = {};

  constructor(control: boolean) {
    this.#control = control;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Adds to the queue, all or none.
   *
   * @throws {InvalidBehaviourError}
   */
  script(items: unknown): void {
    if (!Array.isArray(items)) throw new InvalidBehaviourError('a script is a list of behaviours');
    this.#queue.push(...items.map(parseBehaviour));
  }

  clear(): void {
    this.#queue = [];
    this.#counting = {};
  }

  /** How token counts are answered. */
  get counting(): Behaviour {
    return this.#counting;
  }

  /**
   * Lets all token counts be answered so from now on.
   *
   * @throws {InvalidBehaviourError}
   */
  count(item: unknown): void {
    this.#counting = parseBehaviour(item);
  }

  /** The fault a model is named after, as in `sim-429`. */
  ofModel(model: string): Behaviour | undefined {
    return this.#control && model.startsWith('sim-') ? faultByName(model.slice('sim-'.length)) : undefined;
  }

  /** Takes the script's next behaviour, else the `x-sim` header's (a name or JSON), else the model's. */
  next(header: string | undefined, model: string): Behaviour {
    const scripted = this.#queue.shift();
    if (scripted) return scripted;
    if (this.#control && header !== undefined) return parseHeader(header);
    return this.ofModel(model) ?? {};
  }
}

function parseHeader(header: string): Behaviour {
  if (!header.startsWith('{')) return parseBehaviour(header);
  try {
    return parseBehaviour(JSON.parse(header));
  } catch (cause) {
    if (cause instanceof InvalidBehaviourError) throw cause;
    throw new InvalidBehaviourError('x-sim is neither the name of a fault nor JSON', { cause });
  }
}
