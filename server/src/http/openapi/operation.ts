import type { ProblemCode } from '@millrace/protocol';
import { z } from 'zod';
import { PROBLEM_DETAILS } from '../problem.ts';
import { json, optionalJson } from '../request-body.ts';
import type { RouteDescription } from '../route.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What comes back when all is well. */
export type Answer =
  | { status: 200 | 201; description: string; schema: z.ZodType }
  | { status: 200; description: string; contentType: string; events?: z.ZodType }
  | { status: 204 | 304; description: string };

/** A route as OpenAPI tells of it. What follows from its path, its body and its need of a caller is added by `document.ts`. */
export interface Operation {
  /** With parameters in braces, as in `GET /api/chats/{chatId}`. */
  route: `${Method} /${string}`;
  /** What generated clients call it. */
  id: string;
  summary: string;
  description?: string;
  /** Whether it needs no caller. */
  isOpen?: true;
  query?: z.ZodObject;
  headers?: readonly ('Idempotency-Key' | 'Last-Event-ID' | 'If-None-Match')[];
  body?: z.ZodType;
  /** Instead: the body is a file. */
  takesFile?: true;
  /** Whether the body may be left out. */
  isBodyOptional?: true;
  answers: readonly Answer[];
  /** What errors look like; default: problems. */
  error?: z.ZodType;
  /** Besides those that any such route may have. */
  problems?: readonly ProblemCode[];
}

/** What a request that starts a reply may bear, and be refused for. */
export const starting = {
  headers: ['Idempotency-Key', 'Last-Event-ID'],
  problems: [
    'invalid_event_id',
    'budget_exceeded',
    'cursor_ahead',
    'idempotency_mismatch',
    'rate_limited',
    'model_not_configured',
    'shutting_down',
  ],
} as const satisfies Partial<Operation>;

export const ok = (schema: z.ZodType, description = 'What was asked for'): Answer => ({
  status: 200,
  description,
  schema,
});

export const created = (schema: z.ZodType, description: string): Answer => ({
  status: 201,
  description,
  schema,
});

export const nothing = (description: string): Answer => ({ status: 204, description });

/** An operation whose route isn't defined by `route()` yet. */
export function describedRoute({ route, isBodyOptional, body, error, ...rest }: Operation): RouteDescription {
  const [method, path] = route.split(' ') as [Method, string];
  return {
    ...rest,
    method,
    path: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    caller: 'user',
    ...(body && { body: (isBodyOptional ? optionalJson : json)(body) }),
    ...(error && { errorShape: { ...PROBLEM_DETAILS, schema: error, contentType: 'application/json' } }),
    params: { model: text, name: z.string().min(1).max(200) },
  };
}

const text = z.string();
