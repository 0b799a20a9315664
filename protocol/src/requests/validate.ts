import type { z } from 'zod';
import { MAX_ISSUES } from './bounded-array.ts';
import { issueText } from './issue-text.ts';

/** What is wrong with one field. */
export interface FieldError {
  /** Such as `messages.0.id`; empty for the whole value. */
  path: string;
  /** The predicate of a sentence about the field: `must be text, not a number`. */
  message: string;
}

export type Validation<Output> = { data: Output } | { errors: FieldError[] };

/** Validates a value. An invalid one has 1 to `MAX_ISSUES` errors, one for each field. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): Validation<z.output<Schema>> {
  const result = schema.safeParse(value, { error: issueText });
  if (result.success) return { data: result.data };
  // zod also checks bounds of a value whose type is wrong.
  const errors = new Map<string, FieldError>();
  for (const { path: keys, message } of result.error.issues) {
    const path = keys.join('.');
    if (!errors.has(path)) errors.set(path, { path, message });
    if (errors.size >= MAX_ISSUES) break;
  }
  return { errors: [...errors.values()] };
}
