import type { Api } from '../api.ts';
import { GoogleApiError, errors } from './errors.ts';

/** @throws {GoogleApiError} 429, whose `retryDelay` is the time until the next request is let in. */
export function admit({ quota, now, admitted }: Api, key: string, model: string): void {
  if (!quota) return;
  const { requests, perMs } = quota;
  const time = now();
  const recent = (admitted.get(`${model} ${key}`) ?? []).filter((at) => at + perMs > time);
  if (recent.length < requests) return void admitted.set(`${model} ${key}`, [...recent, time]);
  const [failure] = errors['429-no-retry-info'].details;
  const changes = { quotaDimensions: { location: 'global', model }, quotaValue: String(requests) };
  const violations = failure?.violations.map((violation) => ({ ...violation, ...changes }));
  const retryDelay = `${((recent.at(-requests) ?? time) + perMs - time) / 1000}s`;
  throw new GoogleApiError('429', { details: [{ ...failure, violations }], retryDelay });
}
