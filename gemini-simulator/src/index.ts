export type * from './behaviour.ts';
export type { LogEntry } from './answer.ts';
export { InvalidBehaviourError, faultNames } from './behaviour.ts';
export type { ErrorName } from './google/errors.ts';
export type { Bill } from './google/tokens.ts';
export { demoPace, startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export type { Pace } from './state.ts';
