import models from '../../data/models.json' with { type: 'json' };
import { GoogleApiError, invalidArgument } from './errors.ts';

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
