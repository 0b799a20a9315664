import { z } from 'zod';

/** The sequence of the last event that a reader has seen, for clients that can't send `Last-Event-ID`. */
export const afterQuery = z.object({ after: z.coerce.number().int().min(0).max(1e15).optional() });
