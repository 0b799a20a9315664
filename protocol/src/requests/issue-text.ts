import { z } from 'zod';

/**
 * Says in plain English what is wrong with a value, as the predicate of a sentence about it: `must be text, not a number`. Passed
 * to each parse. zod's global configuration belongs to the host application, which may use the same zod.
 */
export function issueText(issue: z.core.$ZodRawIssue): string {
  if (isAbsent(issue)) return 'is required';
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union':
      return `must be ${expectedBy(issue)}${receivedBy(issue)}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(quoted))}`;
    case 'too_small':
      return `must ${issue.origin === 'number' ? `be ${expectedBy(issue)}` : `have ${atLeast(issue)}`}`;
    case 'too_big':
      return `must ${hasSize(issue) ? `have ${atMost(issue)}` : `be ${expectedBy(issue)}`}`;
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? 'in the documented format'}`;
    case 'unrecognized_keys':
      return unknownFields(issue.keys);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    default:
      return 'is not valid';
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  email: 'an email address',
  datetime: 'a time such as 2026-01-31T12:00:00Z',
  date: 'a date such as 2026-01-31',
};

const UNITS: Readonly<Record<string, [singular: string, plural: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
};

function isAbsent(issue: z.core.$ZodRawIssue): boolean {
  const { input } = issue;
  if (issue.code !== 'invalid_union') return input === undefined;
  // zod reports a wrong discriminator with the object that lacks it.
  const name = issue['discriminator'];
  return input === undefined || (typeof name === 'string' && !Object.hasOwn(Object(input), name));
}

/** What the schema that refused the value takes. */
function expectedBy(issue: z.core.$ZodRawIssue): string {
  const { options } = issue as { options?: readonly z.core.util.Primitive[] };
  if (options !== undefined) return oneOf(options.map(quoted));
  return oneOf([...new Set(kindsOf(issue.schema))]);
}

function kindsOf(schema: unknown): string[] {
  if (schema instanceof z.ZodNumber) return [numberKind(schema)];
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) return ['text'];
  if (schema instanceof z.ZodBoolean) return ['true or false'];
  if (schema instanceof z.ZodArray) return ['a list'];
  if (schema instanceof z.ZodNull) return ['null'];
  if (schema instanceof z.ZodEnum) return schema.options.map(quoted);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(quoted);
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return ['an object'];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(kindsOf);
  return ['another kind of value'];
}

/** Names the bounds as well, so that one message is enough. */
function numberKind({ isInt, minValue, maxValue }: z.ZodNumber): string {
  const kind = isInt ? 'a whole number' : 'a number';
  const min = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? format(minValue) : null;
  const max = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? format(maxValue) : null;
  if (min !== null && max !== null) return `${kind} from ${min} to ${max}`;
  if (min !== null) return `${kind} of at least ${min}`;
  return max === null ? kind : `${kind} of at most ${max}`;
}

/** The kind of the value, where it is wrong; a parameter of a query is always text. */
function receivedBy({ input, ...issue }: z.core.$ZodRawIssue): string {
  if ('discriminator' in issue) return '';
  if (input === null) return ', not null';
  if (Array.isArray(input)) return ', not a list';
  switch (typeof input) {
    case 'string':
      return issue.code === 'invalid_union' ? '' : ', not text';
    case 'number':
      return Number.isNaN(input) || ('expected' in issue && issue.expected === 'int') ? '' : ', not a number';
    case 'boolean':
      return `, not ${input}`;
    case 'object':
      return ', not an object';
    default:
      return '';
  }
}

type SizeIssue<Code> = Extract<z.core.$ZodRawIssue, { code: Code }>;

function hasSize({ origin }: SizeIssue<'too_big'>): boolean {
  return UNITS[origin] !== undefined;
}

function atLeast({ origin, minimum }: SizeIssue<'too_small'>): string {
  return `at least ${counted(minimum, origin)}`;
}

function atMost({ origin, maximum }: SizeIssue<'too_big'>): string {
  return `at most ${counted(maximum, origin)}`;
}

function counted(count: number | bigint, origin: string): string {
  const [singular, plural] = UNITS[origin] ?? ['item', 'items'];
  return `${format(count)} ${Number(count) === 1 ? singular : plural}`;
}

const MAX_NAMED_FIELDS = 3;
const MAX_NAME_CHARS = 40;

/** Names the first unknown fields only: a body may have any number of them. */
function unknownFields(keys: readonly string[]): string {
  const names = keys.slice(0, MAX_NAMED_FIELDS).map((key) => quoted(shortened(key)));
  if (keys.length === 1) return `has an unknown field: ${names[0]}`;
  const more = keys.length - names.length;
  return `has unknown fields: ${more > 0 ? `${names.join(', ')} and ${more} more` : listOf(names, 'and')}`;
}

function shortened(key: string): string {
  return key.length <= MAX_NAME_CHARS ? key : `${key.slice(0, MAX_NAME_CHARS - 1)}…`;
}

function quoted(value: z.core.util.Primitive): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

function oneOf(alternatives: readonly string[]): string {
  return listOf(alternatives, 'or');
}

function listOf(items: readonly string[], word: 'and' | 'or'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}

function format(count: number | bigint): string {
  return count < 10_000 ? String(count) : count.toLocaleString('en');
}
