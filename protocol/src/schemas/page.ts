import { z } from 'zod';
import { text } from './scalars.ts';

/** A page of a list. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: text.nullable().describe('Null on the last page'),
  });
}

export type Page<Item> = z.infer<ReturnType<typeof pageSchema<z.ZodType<Item>>>>;
