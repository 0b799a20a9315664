import type { ModelPrices } from '@millrace/protocol';

/** The prices of models. */
export interface Prices {
  /** A model's prices at a time (ms since 1970); null when they are unknown: a reply then costs only tokens. */
  of(model: string, at: number): ModelPrices | null;
}
