import { GoogleApiError, errors } from './google/errors.ts';
import type { State } from './state.ts';

/** Counts a request against the quota. @throws {GoogleApiError} 429, with the time until the next request is admitted as `retryDelay` */
export function admit({ quota, now, admitted }: State, key: string, model: string, time = now()): void {
  if (!quota) return;
  const { requests, perMs } = quota;
  const recent = (admitted.get(`${model} ${key}`) ?? []).filter((at) => at + perMs > time);
  if (recent.length < requests) return void admitted.set(`${model} ${key}`, [...recent, time]);
  const [failure] = errors['429'].details;
  const changes = { quotaDimensions: { location: 'global', model }, quotaValue: String(requests) };
  const violations = failure?.violations.map((violation) => ({ ...violation, ...changes }));
  const retryDelay = `${((recent.at(-requests) ?? time) + perMs - time) / 1000}s`;
  throw new GoogleApiError('429', { details: [{ ...failure, violations }], retryDelay });
}
