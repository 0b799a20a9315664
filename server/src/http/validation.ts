import { parseEventId } from '@millrace/protocol';
import { MAX_ISSUES } from '@millrace/protocol/requests';
import type { EventId } from '@millrace/protocol';
import type { z } from 'zod';
import { ProblemError } from '../core/errors.ts';
import type { AppContext } from './environment.ts';
import { parseJson } from './parse-json.ts';

/** @throws ProblemError `unsupported_media_type`, `invalid_request` */
export async function readBody<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ProblemError('unsupported_media_type', 'The body must be application/json.');
  }
  return check(schema, parseJson(await c.req.text()));
}

/** A body that may be left out altogether. */
export async function readOptionalBody<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const isEmpty = c.req.header('content-type') === undefined && (await c.req.text()) === '';
  return isEmpty ? check(schema, {}) : readBody(c, schema);
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
  const result = schema.safeParse(value, { error: unknownFields });
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    path: shorten(name ?? path.join('.'), MAX_PATH_CHARS),
    message: shorten(message, MAX_MESSAGE_CHARS),
  }));
  const [first] = errors;
  const detail = first
    ? `${first.path === '' ? 'The body' : first.path}: ${first.message}`
    : 'The request is invalid.';
  throw new ProblemError('invalid_request', detail, { errors });
}

/** With MAX_ISSUES issues, and six bytes for each escaped character, an answer stays far below 64 KB. */
const MAX_PATH_CHARS = 100;
const MAX_MESSAGE_CHARS = 200;

const MAX_NAMED_FIELDS = 3;

/** Names the first unknown fields only: a body may have any number of them. */
function unknownFields(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const names = issue.keys.slice(0, MAX_NAMED_FIELDS).map((key) => `"${shorten(key, 40)}"`);
  const more = issue.keys.length - names.length;
  const rest = more > 0 ? ` and ${more} more` : '';
  return `Unrecognized ${issue.keys.length === 1 ? 'key' : 'keys'}: ${names.join(', ')}${rest}`;
}

/** For what a schema can't express. @param path of the field @param message what it must be */
export function invalidParameter(path: string, message: string): ProblemError {
  const short = { path: shorten(path, MAX_PATH_CHARS), message: shorten(message, MAX_MESSAGE_CHARS) };
  return new ProblemError('invalid_request', `${short.path} ${short.message}.`, { errors: [short] });
}

export function shorten(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
