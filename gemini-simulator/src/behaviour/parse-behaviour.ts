import tables from '../../data/behaviours.json' with { type: 'json' };
import faults from '../../data/faults.json' with { type: 'json' };
import { type ErrorName, errorNames } from '../google/errors.ts';
import { isObject, read } from '../schema.ts';
import type { Behaviour } from './behaviour.ts';

/** The script or the `x-sim` header asks for something the simulator doesn't know. */
export class InvalidBehaviourError extends Error {
  override readonly name = 'InvalidBehaviourError';
}

export type FaultName = keyof typeof faults | ErrorName;

/** What a script holds: a behaviour, or the name of a fault for short. */
export type ScriptItem = Behaviour | FaultName;

const namedFaults = new Map<string, Behaviour>([
  ...errorNames.map((error): [string, Behaviour] => [error, { kind: 'error', error }]),
  ...Object.entries(faults).map(([name, fault]): [string, Behaviour] => [name, parseBehaviour(fault)]),
]);

/** What a script, `x-sim` and, after `sim-`, a model's name may say. */
export const faultNames: readonly string[] = [...namedFaults.keys()];

/** The fault a model is named after, as in `sim-429`. */
export function faultOfModel(model: string): Behaviour | undefined {
  return model.startsWith('sim-') ? namedFaults.get(model.slice('sim-'.length)) : undefined;
}

/** Reads a behaviour that came from outside. @throws {InvalidBehaviourError} naming the field that is wrong. */
export function parseBehaviour(value: unknown): Behaviour {
  const refuse = (message: string) => new InvalidBehaviourError(message);
  if (typeof value === 'string') {
    const fault = namedFaults.get(value);
    if (fault) return fault;
    throw refuse(`unknown fault "${value}"; known: ${faultNames.join(', ')}`);
  }
  if (!isObject(value)) throw refuse('a behaviour is an object or the name of a fault');
  const { kind = 'reply' } = value;
  const behaviour = read(tables, '*', { ...value, kind }, String(kind), (path, mistake) => {
    if ('unknown' in mistake) return refuse(`${path} has no field "${mistake.unknown}"`);
    if ('missing' in mistake) return refuse(`${path} needs the field "${mistake.missing}"`);
    if (!mistake.type.endsWith('*')) return refuse(`${path} must be of the type ${mistake.type}`);
    const kinds = Object.entries<Record<string, string>>(tables).filter(
      ([name, table]) => name === mistake.type.replace('*', String(table['kind'])),
    );
    return refuse(`${path}: kind must be one of ${kinds.map(([, table]) => table['kind']).join(', ')}`);
  });
  if (kind === 'replay' && (value['file'] === undefined) === (value['bytes'] === undefined)) {
    throw refuse('replay needs either file or bytes');
  }
  return behaviour as Behaviour;
}
