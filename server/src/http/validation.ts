import { parseEventId } from '@millrace/protocol';
import { uuid } from '@millrace/protocol/requests';
import type { EventId } from '@millrace/protocol';
import type { z } from 'zod';
import { ProblemError } from '../core/errors.ts';
import type { AppContext } from './environment.ts';

/** @throws ProblemError `unsupported_media_type`, `invalid_request` */
export async function readBody<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ProblemError('unsupported_media_type', 'The body must be application/json.');
  }
  const text = await c.req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new ProblemError('invalid_request', 'The body is not valid JSON.', { cause });
  }
  return check(schema, body);
}

/** A body that may be left out altogether. */
export async function readOptionalBody<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const isEmpty = c.req.header('content-type') === undefined && (await c.req.text()) === '';
  return isEmpty ? check(schema, {}) : readBody(c, schema);
}

export function readQuery<Schema extends z.ZodType>(c: AppContext, schema: Schema): z.output<Schema> {
  return check(schema, c.req.query());
}

/** A UUID in the path. @throws ProblemError `invalid_request` */
export function readUuid(c: AppContext, name: string): string {
  const value = c.req.param(name) ?? '';
  if (uuid.safeParse(value).success) return value.toLowerCase();
  throw invalidParameter(name, 'must be a UUID');
}

/** The `Last-Event-ID` header; null when there is none. @throws ProblemError `invalid_event_id` */
export function readLastEventId(c: AppContext): EventId | null {
  const header = c.req.header('last-event-id');
  if (header === undefined || header === '') return null;
  const id = parseEventId(header);
  if (id === null) {
    throw new ProblemError('invalid_event_id', 'Last-Event-ID is not an id this server gave.');
  }
  return id;
}

/** @param name of the value, if it isn't the body or the query @throws ProblemError `invalid_request` */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name?: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ path: name ?? path.join('.'), message }));
  const [first] = errors;
  const detail = first
    ? `${first.path === '' ? 'The body' : first.path}: ${first.message}`
    : 'The request is wrong.';
  throw new ProblemError('invalid_request', detail, { errors });
}

/** For what a schema can't say. @param path of the field @param message what it must be */
export function invalidParameter(path: string, message: string): ProblemError {
  return new ProblemError('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}
