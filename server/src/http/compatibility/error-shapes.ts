import { z } from 'zod';
import { jsonErrors } from '../problem.ts';

const text = z.string();
const time = z.iso.datetime({ precision: 3 });
const common = { code: text, errors: z.array(z.object({})).optional() };

/** Errors of next-hook and nest-chat. */
export const JSON_ERRORS = jsonErrors(
  z.object({ error: text, ...common, resetsAt: time.optional(), requestId: text.optional() }),
  ({ detail, code, errors, resetsAt, requestId }) => ({ error: detail, code, errors, resetsAt, requestId }),
);

/** Errors of message-api. */
export const STATUS_ERRORS = jsonErrors(
  z.object({
    status: z.literal('error'),
    message: text,
    ...common,
    resets_at: time.optional(),
    request_id: text.optional(),
  }),
  ({ detail, code, errors, resetsAt, requestId }) => ({
    status: 'error',
    message: detail,
    code,
    errors,
    resets_at: resetsAt,
    request_id: requestId,
  }),
);
