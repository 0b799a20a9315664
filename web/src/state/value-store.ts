import { useSyncExternalStore } from 'react';
import { Listeners } from './listeners.ts';

/** One value outside React that any component can subscribe to. */
export class ValueStore<Value> {
  readonly #listeners = new Listeners();
  #value: Value;

  constructor(initial: Value) {
    this.#value = initial;
  }

  get = (): Value => this.#value;

  set(value: Value): void {
    this.#value = value;
    this.#listeners.notify();
  }

  subscribe = this.#listeners.subscribe;
}

export function useValue<Value>(store: ValueStore<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}
