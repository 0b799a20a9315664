import { useMemo, useSyncExternalStore } from 'react';
import type { Store } from '../state/store.ts';

/**
 * Reads a store, and renders only when a property that was read changes: a component that reads the status isn't
 * rendered by a token.
 */
export function useSnapshot<Snapshot extends object>(store: Store<Snapshot>): Snapshot {
  const reader = useMemo(() => new SnapshotReader(store), [store]);
  const version = useSyncExternalStore(store.subscribe, reader.version, reader.version);
  // A new object for each version, so that components that get it as a prop render too.
  // oxlint-disable-next-line react/exhaustive-deps -- the values belong to this version
  return useMemo(() => reader.trackedSnapshot(), [reader, version]);
}

class SnapshotReader<Snapshot extends object> {
  readonly #store: Store<Snapshot>;
  /** The properties that were read, with their values at that time. */
  readonly #read = new Map<keyof Snapshot, unknown>();
  #version = 0;

  constructor(store: Store<Snapshot>) {
    this.#store = store;
  }

  /** Changes when a property that was read has changed. */
  version = (): number => {
    const snapshot = this.#store.getSnapshot();
    let isSame = true;
    for (const [key, value] of this.#read) {
      if (Object.is(snapshot[key], value)) continue;
      this.#read.set(key, snapshot[key]);
      isSame = false;
    }
    if (!isSame) this.#version += 1;
    return this.#version;
  };

  /** The snapshot, whose getters record which properties are read. */
  trackedSnapshot(): Snapshot {
    const tracked = {} as Snapshot;
    for (const key of Object.keys(this.#store.getSnapshot()) as (keyof Snapshot)[]) {
      Object.defineProperty(tracked, key, { enumerable: true, get: () => this.#value(key) });
    }
    return tracked;
  }

  #value(key: keyof Snapshot): unknown {
    if (!this.#read.has(key)) this.#read.set(key, this.#store.getSnapshot()[key]);
    return this.#read.get(key);
  }
}
