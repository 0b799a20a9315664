import { validate } from '@millrace/protocol/requests';
import type { z } from 'zod';
import { ProblemError } from '../core/errors.ts';
import { wrongFields } from '../core/wrong-field.ts';
import type { AppContext } from './environment.ts';
import { parseJson } from './parse-json.ts';

/** @throws ProblemError `unsupported_media_type`, `invalid_request` */
export async function readBody<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (!isJson(c)) {
    throw new ProblemError('unsupported_media_type', 'The body must be application/json.');
  }
  return check(schema, parseJson(await c.req.text()));
}

export function isJson(c: AppContext): boolean {
  return c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}

/** A body that may be left out altogether. */
export async function readOptionalBody<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const isEmpty = c.req.header('content-type') === undefined && (await c.req.text()) === '';
  return isEmpty ? check(schema, {}) : readBody(c, schema);
}

/**
 * The `Last-Event-ID` header; null when there is none.
 * @param parse returns null for a text that isn't an id
 * @throws ProblemError `invalid_event_id`
 */
export function readLastEventId<Id>(c: AppContext, parse: (text: string) => Id | null): Id | null {
  const header = c.req.header('last-event-id');
  if (header === undefined || header === '') return null;
  const id = parse(header);
  if (id === null) {
    throw new ProblemError('invalid_event_id', 'Last-Event-ID is not an id of this server.');
  }
  return id;
}

/** @param name of the value, if it isn't the body or the query @throws ProblemError `invalid_request` */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name?: string,
): z.output<Schema> {
  const result = validate(schema, value);
  if ('data' in result) return result.data;
  throw wrongFields(result.errors.map(({ path, message }) => ({ path: name ?? path, message })));
}
