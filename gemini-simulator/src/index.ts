export { demoPace, startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export type {
  Behaviour,
  ErrorBehaviour,
  HangBehaviour,
  HttpBehaviour,
  ReplayBehaviour,
  ReplyBehaviour,
  ResetBehaviour,
  StreamFault,
} from './behaviour/behaviour.ts';
export type { FaultName, ScriptItem } from './behaviour/named-faults.ts';
export { faultNames } from './behaviour/named-faults.ts';
export { InvalidBehaviourError } from './behaviour/parse-behaviour.ts';
export type { LogEntry } from './control/request-log.ts';
export type { ErrorName } from './gemini/google-errors.ts';
export type { Pace } from './reply/send-reply.ts';
