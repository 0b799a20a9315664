import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Caller } from '../processes/calls.ts';
import { Child } from '../processes/child.ts';
import type { ModelCalls } from './model-process.ts';
import type { Plan } from './plan.ts';

/** The time limit for servers to ask the model after their readers have connected. */
const ASK_TIMEOUT_MS = 5000;

/** The model that all subjects use. */
export class Model {
  readonly child: Child;
  readonly #calls: Caller<ModelCalls>;

  private constructor(child: Child) {
    this.child = child;
    this.#calls = new Caller(child);
  }

  static async start(): Promise<Model> {
    return new Model(await Child.start(join(import.meta.dirname, 'model-process.ts'), { side: 'load' }));
  }

  /** Sets the plan for the next replies. */
  plan(plan: Plan): Promise<void> {
    return this.#calls.call('plan', plan);
  }

  /** Releases the held replies once the expected number is waiting. @throws if there are fewer at the timeout */
  async release(expected: number): Promise<void> {
    const deadline = performance.now() + ASK_TIMEOUT_MS;
    let held = await this.#calls.call('heldReplies');
    while (held < expected && performance.now() < deadline) {
      await sleep(5);
      held = await this.#calls.call('heldReplies');
    }
    if (held !== expected) throw new Error(`${held} replies were held, not ${expected}`);
    await this.#calls.call('release');
  }

  /** Cuts all replies that have not ended. */
  hangUp(): Promise<void> {
    return this.#calls.call('hangUp');
  }

  /** The number of count requests since it received its plan. */
  countsAsked(): Promise<number> {
    return this.#calls.call('countsAsked');
  }

  openReplies(): Promise<number> {
    return this.#calls.call('openReplies');
  }
}
