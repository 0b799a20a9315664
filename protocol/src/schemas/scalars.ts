import { z } from 'zod';

export const text = z.string();
export const id = z.uuid();
export const count = z.int().min(0);
/** ISO 8601 in UTC with milliseconds. */
export const timestamp = z.iso.datetime({ precision: 3 });
export const generationId = z.string().regex(/^[0-9A-Za-z]{16}$/);
export const url = z.string().describe("Relative to the server's address");
export const sizeBytes = count.describe('In bytes');

export type Timestamp = z.infer<typeof timestamp>;
