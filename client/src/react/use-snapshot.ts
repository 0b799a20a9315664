import { useMemo, useSyncExternalStore } from 'react';
import type { Store } from '../state/store.ts';

/**
 * Reads a store, and renders again only when something changes that was read of it: who reads the status isn't rendered
 * by a token.
 */
export function useSnapshot<Snapshot extends object>(store: Store<Snapshot>): Snapshot {
  const reader = useMemo(() => new SnapshotReader(store), [store]);
  const version = useSyncExternalStore(store.subscribe, reader.version, reader.version);
  // Another object for another version, so that who is given it renders too.
  // oxlint-disable-next-line react/exhaustive-deps -- the version is what the values are of
  return useMemo(() => reader.describe(), [reader, version]);
}

class SnapshotReader<Snapshot extends object> {
  readonly #store: Store<Snapshot>;
  /** What was read, as it was. */
  readonly #read = new Map<keyof Snapshot, unknown>();
  #version = 0;

  constructor(store: Store<Snapshot>) {
    this.#store = store;
  }

  /** Another number when something has changed that was read. */
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

  /** The snapshot, that notes what is read of it. */
  describe(): Snapshot {
    const description = {} as Snapshot;
    for (const key of Object.keys(this.#store.getSnapshot()) as (keyof Snapshot)[]) {
      Object.defineProperty(description, key, { enumerable: true, get: () => this.#value(key) });
    }
    return description;
  }

  #value(key: keyof Snapshot): unknown {
    if (!this.#read.has(key)) this.#read.set(key, this.#store.getSnapshot()[key]);
    return this.#read.get(key);
  }
}
