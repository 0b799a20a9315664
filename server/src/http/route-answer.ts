import type { z } from 'zod';

/** A successful answer of a route, as OpenAPI documents it. */
export type RouteAnswer =
  | { status: 200 | 201; description: string; schema: z.ZodType }
  | { status: 200; description: string; contentType: string; events?: z.ZodType }
  | { status: 204 | 304; description: string };

export const ok = (schema: z.ZodType, description = 'The requested data'): RouteAnswer => ({
  status: 200,
  description,
  schema,
});

export const created = (schema: z.ZodType, description: string): RouteAnswer => ({
  status: 201,
  description,
  schema,
});

export const noContent = (description: string): RouteAnswer => ({ status: 204, description });

export const eventStream = (events: z.ZodType, description: string): RouteAnswer => ({
  status: 200,
  description,
  contentType: 'text/event-stream',
  events,
});

/** A stream in the wire format of another API. */
export const textStream = (description: string): RouteAnswer => ({
  status: 200,
  description,
  contentType: 'text/event-stream',
});

/** An image or a file, whose `ETag` a client may send back. */
export const media: readonly RouteAnswer[] = [
  { status: 200, description: 'The bytes of the file', contentType: '*/*' },
  { status: 304, description: 'Unchanged' },
];
