import { z } from 'zod';
import { oneLine } from './one-line.ts';

/** A text of one line, such as a title. Characters that can't be shown are removed. */
export function lineUpTo(maxChars: number) {
  return z.string().overwrite(oneLine).trim().min(1).max(maxChars);
}

export const title = lineUpTo(200);

export const modelName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'must be a model name');

/** Stored UUIDs are in lower case. */
export const uuid = z.uuid().toLowerCase();

/** The cursor of a list whose cursors are ids. */
export const idCursor = z.uuid('was not issued by this server. Start again without a cursor').toLowerCase();

/** An instant at which something expires; null: never. */
export const expiry = z.iso.datetime({ offset: true }).nullable();

/** @param maxChars in UTF-16 units */
export function textUpTo(maxChars: number) {
  // Not .max(), which counts code points.
  return z
    .string()
    .refine((text) => text.length <= maxChars, `must have at most ${maxChars} characters`)
    .meta({ maxLength: maxChars });
}

/** The text of a message. @param maxChars in UTF-16 units */
export function nonBlankText(maxChars: number) {
  return textUpTo(maxChars).refine((text) => text.trim() !== '', 'must not be blank');
}

/** The page size of a list. */
export function pageLimit({ max, byDefault }: { max: number; byDefault: number }) {
  return z.coerce.number().int().min(1).max(max).default(byDefault);
}

/** For bodies that must have at least one of their optional fields. */
export function hasFields(body: object): boolean {
  return Object.keys(body).length > 0;
}
