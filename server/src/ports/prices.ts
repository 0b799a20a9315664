import type { ModelPrices } from '@millrace/protocol';

/** What models cost. */
export interface Prices {
  /** The prices of a model at an instant (ms); null where none are known, which costs tokens but no money. */
  of(model: string, at: number): ModelPrices | null;
}
