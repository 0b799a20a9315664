import models from '../../data/models.json' with { type: 'json' };
import { GoogleApiError, errors, invalidArgument } from './errors.ts';

export const defaultModel = 'gemini-3.8-flash';

/** @param name without `models/` @param method a method that the model must support; `getModel`: none */
export function findModel(name: string, method: string): object {
  const model = models.find((candidate) => candidate.name === `models/${name}`);
  if (model && (method === 'getModel' || model.supportedGenerationMethods.includes(method))) return model;
  const list = method === 'countTokens' ? 'ListModels' : 'ModelService.ListModels';
  const message = `models/${name} is not found for API version v1beta, or is not supported for ${method}. Call ${list} to see the list of available models and their supported methods.`;
  throw new GoogleApiError('404', { message });
}

/** One page of the list. The token is opaque to clients; it encodes the offset of the next page. */
export function listModels(query: URLSearchParams): { models: object[]; nextPageToken?: string } {
  const pageSize = Number(query.get('pageSize') || 50);
  const start = Number(Buffer.from(query.get('pageToken') ?? '', 'base64url').toString());
  if (!(Number.isInteger(pageSize) && pageSize > 0)) throw new GoogleApiError('400');
  if (!(start >= 0 && start < models.length)) throw invalidArgument('Page token is invalid.');
  const end = start + pageSize;
  const next = end < models.length && { nextPageToken: Buffer.from(String(end)).toString('base64url') };
  return { models: models.slice(start, end), ...next };
}

/** Gemini 2.5 ends a reply with its last text and signs no function calls. Later models sign them, and end with an empty text. */
export function isBeforeGemini3(model: string): boolean {
  return model.startsWith('gemini-2.5');
}

/** When requests were admitted, by model and key. */
type Admitted = Map<string, number[]>;
type Quota = { requests: number; perMs: number } | undefined;
type QuotaState = { quota: Quota; now: () => number; admitted: Admitted };

/** Counts a request against the quota. @throws {GoogleApiError} 429, with the time until the next request is admitted as `retryDelay` */
export function admit({ quota, now, admitted }: QuotaState, key: string, model: string): void {
  if (!quota) return;
  const { requests, perMs } = quota;
  const time = now();
  const recent = (admitted.get(`${model} ${key}`) ?? []).filter((at) => at + perMs > time);
  if (recent.length < requests) return void admitted.set(`${model} ${key}`, [...recent, time]);
  const [failure] = errors['429'].details;
  const changes = { quotaDimensions: { location: 'global', model }, quotaValue: String(requests) };
  const violations = failure?.violations.map((violation) => ({ ...violation, ...changes }));
  const retryDelay = `${((recent.at(-requests) ?? time) + perMs - time) / 1000}s`;
  throw new GoogleApiError('429', { details: [{ ...failure, violations }], retryDelay });
}
