import { z } from 'zod';
import { PROBLEMS } from '../errors.ts';
import type { ProblemCode } from '../errors.ts';
import { text, timestamp } from './scalars.ts';

/** An `application/problem+json` body (RFC 9457) with our extensions. */
export const problemSchema = z
  .strictObject({
    type: text,
    title: text,
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as ProblemCode[]).describe('Stable; `detail` is for people'),
    detail: text,
    requestId: text.exactOptional(),
    errors: z.array(z.strictObject({ path: text, message: text })).exactOptional(),
    resetsAt: timestamp.exactOptional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

export type Problem = z.infer<typeof problemSchema>;
