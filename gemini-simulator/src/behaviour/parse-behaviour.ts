import { errorNames } from '../gemini/google-errors.ts';
import type { Behaviour, ReplyBehaviour, StreamFault } from './behaviour.ts';
import type { ErrorBehaviour, HttpBehaviour, ReplayBehaviour } from './behaviour.ts';
import { faultByName, faultNames } from './named-faults.ts';

/** The script or the `x-sim` header asks for something the simulator doesn't know. */
export class InvalidBehaviourError extends Error {
  override readonly name = 'InvalidBehaviourError';
}

interface Check {
  expected: string;
  accepts: (value: unknown) => boolean;
}

type Fields<Shape> = Record<Exclude<keyof Shape, 'kind'>, Check>;
type FaultOf<Kind> = Extract<StreamFault, { kind: Kind }>;

const text: Check = { expected: 'a string', accepts: (value) => typeof value === 'string' };
const flag: Check = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const count: Check = { expected: 'a whole number from 0', accepts: (value) => isWhole(value, 0) };
const size: Check = { expected: 'a whole number from 1', accepts: (value) => isWhole(value, 1) };
const optionalText: Check = { expected: 'a string or null', accepts: (v) => v === null || text.accepts(v) };
const texts = listOf(text);
const error = oneOf(...errorNames);

const streamFaults: { [Kind in StreamFault['kind']]: Fields<FaultOf<Kind>> } = {
  error: { form: oneOf('data', 'bare', 'bare-split'), error, afterChunks: count },
  reset: { afterChunks: count, afterBytes: count },
  truncate: { afterChunks: count },
  close: { afterChunks: count },
  stall: { afterChunks: count, ms: count },
};

const reply: Fields<ReplyBehaviour> = {
  mode: oneOf('echo', 'prose'),
  text,
  chunks: texts,
  thoughts: texts,
  functionCall: {
    expected: 'an object with a name and args',
    accepts: (value) => isObject(value) && text.accepts(value['name']) && isObject(value['args']),
  },
  thoughtSignature: text,
  finishReason: optionalText,
  finishMessage: text,
  stopOnEveryChunk: flag,
  ignoresMaxOutput: flag,
  lastContent: oneOf('empty', 'no-parts'),
  blockReason: text,
  usage: oneOf('full', 'missing', 'without-candidates'),
  chunkChars: size,
  chunkDelayMs: count,
  firstDelayMs: count,
  writeBytes: size,
  lineEnds: oneOf('crlf', 'lf', 'mixed'),
  extraLines: listOf(oneOf('comment', 'event', 'done')),
  fault: { expected: 'a stream fault', accepts: isObject },
};

const http: Fields<HttpBehaviour> = {
  status: { expected: 'a status from 200 to 599', accepts: (v) => isWhole(v, 200) && Number(v) < 600 },
  body: text,
  contentType: text,
  delayMs: count,
};

const failure: Fields<ErrorBehaviour> = {
  error,
  message: text,
  retryDelay: text,
  contentType: text,
  delayMs: count,
};

const replay: Fields<ReplayBehaviour> = {
  file: text,
  bytes: {
    expected: 'base64 or bytes',
    accepts: (value) => text.accepts(value) || value instanceof Uint8Array,
  },
  cuts: listOf(count),
  chunkBytes: size,
  chunkDelayMs: count,
  ending: oneOf('end', 'reset', 'stall'),
};

const kinds = new Map<string, { fields: Record<string, Check>; required: string[] }>([
  ['reply', { fields: reply, required: [] }],
  ['error', { fields: failure, required: ['error'] }],
  ['http', { fields: http, required: ['status', 'body'] }],
  ['replay', { fields: replay, required: [] }],
  ['hang', { fields: {}, required: [] }],
  ['reset', { fields: {}, required: [] }],
]);

/**
 * Reads a behaviour that came from outside: an object, or the name of a fault.
 *
 * @throws {InvalidBehaviourError} naming the field that is wrong.
 */
export function parseBehaviour(value: unknown): Behaviour {
  if (typeof value === 'string') {
    const fault = faultByName(value);
    if (!fault) throw new InvalidBehaviourError(`unknown fault "${value}"; known: ${faultNames.join(', ')}`);
    return fault;
  }
  if (!isObject(value)) throw new InvalidBehaviourError('a behaviour is an object or the name of a fault');
  const kindName = value['kind'] ?? 'reply';
  const kind = typeof kindName === 'string' ? kinds.get(kindName) : undefined;
  if (typeof kindName !== 'string' || !kind) {
    throw new InvalidBehaviourError(`kind must be one of ${[...kinds.keys()].join(', ')}`);
  }
  checkFields(value, kind.fields, kind.required, kindName);
  if (kindName === 'replay' && (value['file'] === undefined) === (value['bytes'] === undefined)) {
    throw new InvalidBehaviourError('replay needs either file or bytes');
  }
  if (isObject(value['fault'])) checkFault(value['fault']);
  return value;
}

function checkFault(fault: Record<string, unknown>): void {
  const known = Object.entries<Record<string, Check>>(streamFaults);
  const fields = known.find(([kind]) => kind === fault['kind'])?.[1];
  if (!fields) {
    throw new InvalidBehaviourError(`fault.kind must be one of ${known.map(([kind]) => kind).join(', ')}`);
  }
  checkFields(fault, fields, [], 'fault');
}

function checkFields(
  value: Record<string, unknown>,
  fields: Record<string, Check>,
  required: string[],
  owner: string,
): void {
  for (const [name, field] of Object.entries(value)) {
    if (name === 'kind' || field === undefined) continue;
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!check) throw new InvalidBehaviourError(`${owner} has no field "${name}"`);
    if (!check.accepts(field)) throw new InvalidBehaviourError(`${owner}.${name} must be ${check.expected}`);
  }
  const missing = required.find((name) => value[name] === undefined);
  if (missing) throw new InvalidBehaviourError(`${owner} needs the field "${missing}"`);
}

function oneOf(...names: string[]): Check {
  const accepts = (value: unknown) => typeof value === 'string' && names.includes(value);
  return { expected: `one of ${names.join(', ')}`, accepts };
}

function listOf(item: Check): Check {
  const accepts = (value: unknown) => Array.isArray(value) && value.every(item.accepts);
  return { expected: `a list, each ${item.expected}`, accepts };
}

function isWhole(value: unknown, lowest: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= lowest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
