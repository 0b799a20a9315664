import type { Outcome } from '../scenario.ts';
import type { Machine } from './machine.ts';

/** The figures of the last run of each scenario. */
export interface Results {
  machine: Machine | null;
  scenarios: Record<string, (Outcome & { measuredAt: string }) | undefined>;
}
