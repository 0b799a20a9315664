import { z } from 'zod';

const MAX_DURATION_MS = 10 * 60_000;

export const diagnosticStreamQuery = z
  .object({
    events: z.coerce.number().int().min(1).max(100).default(5),
    interval: z.coerce
      .number()
      .int()
      .min(10)
      .max(MAX_DURATION_MS)
      .default(200)
      .describe('Milliseconds between two events'),
    heartbeats: z.enum(['on', 'off']).default('on'),
  })
  .refine(({ events, interval }) => (events - 1) * interval <= MAX_DURATION_MS, {
    path: ['interval'],
    message: 'must be shorter: the stream may last ten minutes at most',
  });
