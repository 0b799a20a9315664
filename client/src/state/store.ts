/** State outside React, in the shape that `useSyncExternalStore` takes. */
export interface Store<Snapshot> {
  /** @returns what ends it */
  subscribe: (listener: () => void) => () => void;
  /** The same object until something changes. */
  getSnapshot: () => Snapshot;
}
