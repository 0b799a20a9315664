export type { LogEntry, Pace, QuotaLimit } from './api.ts';
export type * from './behaviour/behaviour.ts';
export {
  type FaultName,
  InvalidBehaviourError,
  type ScriptItem,
  faultNames,
} from './behaviour/parse-behaviour.ts';
export type { ErrorName } from './google/errors.ts';
export type { Bill } from './google/usage.ts';
export { demoPace, startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
