import { errorNames } from './google/errors.ts';

/**
 * Fields and their types by the name of their table. A type is a scalar, a word that stands for itself,
 * another table (`*` in its name is the value's `kind`), a choice (` | `), or a list of these (`[]`).
 * What can't be left out ends in `!`.
 */
type Tables = Record<string, Record<string, string>>;

type Mistake = { unknown: string } | { missing: string } | { type: string };

type Refuse = (path: string, mistake: Mistake) => Error;

const scalars = new Map<string, (value: unknown) => boolean>([
  ['any', () => true],
  ['string', (value) => typeof value === 'string'],
  ['number', (value) => typeof value === 'number'],
  ['boolean', (value) => typeof value === 'boolean'],
  ['true', (value) => value === true],
  ['null', (value) => value === null],
  ['object', isObject],
  ['bytes', (value) => value instanceof Uint8Array],
  ['whole number', (value) => isWhole(value, 0)],
  ['positive number', (value) => isWhole(value, 1)],
  ['status from 200 to 599', (value) => isWhole(value, 200) && Number(value) < 600],
  ['error name', (value) => errorNames.some((name) => name === value)],
]);

function isWhole(value: unknown, lowest: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= lowest;
}

/** Checks a value and gives it with its names in camelCase. */
export function read(tables: Tables, type: string, value: unknown, path: string, refuse: Refuse): unknown {
  const table = tables[type.replace('*', isObject(value) ? String(value['kind']) : '')];
  if (table && isObject(value)) {
    const missing = Object.keys(table).find(
      (name) => table[name]?.endsWith('!') && value[name] === undefined,
    );
    if (missing) throw refuse(path, { missing });
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const camel = name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
        const fieldType = Object.hasOwn(table, camel) ? table[camel]?.replace('!', '') : undefined;
        if (fieldType === undefined) throw refuse(path, { unknown: name });
        const fieldPath = path ? `${path}.${camel}` : camel;
        return [camel, member === undefined ? member : read(tables, fieldType, member, fieldPath, refuse)];
      }),
    );
  }
  if (type.endsWith('[]') && Array.isArray(value)) {
    return value.map((item, index) => read(tables, type.slice(0, -2), item, `${path}[${index}]`, refuse));
  }
  if (type.split(' | ').some((one) => scalars.get(one)?.(value) ?? one === value)) return value;
  throw refuse(path, { type });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
