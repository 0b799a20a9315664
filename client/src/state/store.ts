/** State outside React, in the shape that `useSyncExternalStore` expects. */
export interface Store<Snapshot> {
  /** @returns a function that unsubscribes */
  subscribe: (listener: () => void) => () => void;
  /** Returns the same object until something changes. */
  getSnapshot: () => Snapshot;
}
