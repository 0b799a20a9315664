import { GoogleApiError } from './google-errors.ts';

interface Model {
  name: string;
  version: string;
  displayName: string;
  description: string;
  inputTokenLimit: number;
  outputTokenLimit: number;
  supportedGenerationMethods: string[];
}

export const defaultModel = 'gemini-3.8-flash';

const models: Model[] = [
  [defaultModel, 'Gemini 3.8 Flash'],
  ['gemini-3.7-flash', 'Gemini 3.7 Flash'],
  ['gemini-3.6-flash', 'Gemini 3.6 Flash'],
  ['gemini-3.5-flash', 'Gemini 3.5 Flash'],
  ['gemini-3.5-flash-lite', 'Gemini 3.5 Flash-Lite'],
  ['gemini-3.1-flash-lite', 'Gemini 3.1 Flash-Lite'],
  ['gemini-3.1-pro-preview', 'Gemini 3.1 Pro Preview'],
  ['gemini-4-argon', 'Gemini 4 Argon'],
  ['gemini-4-carbon', 'Gemini 4 Carbon'],
  ['gemini-4-hydrogen', 'Gemini 4 Hydrogen'],
  ['gemini-2.5-pro', 'Gemini 2.5 Pro'],
  ['gemini-2.5-flash', 'Gemini 2.5 Flash'],
  ['gemini-2.5-flash-lite', 'Gemini 2.5 Flash-Lite'],
].map(([name = '', displayName = '']) => ({
  name: `models/${name}`,
  version: '001',
  displayName,
  description: `${displayName}, played by Millrace's simulator.`,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens'],
}));

/** @param name without `models/`. @param method as in the URL, for the message. */
export function findModel(name: string, method: string): Model {
  const model = models.find((candidate) => candidate.name === `models/${name}`);
  if (model) return model;
  const list = method === 'countTokens' ? 'ListModels' : 'ModelService.ListModels';
  const called = method === 'streamGenerateContent' ? 'generateContent' : method;
  throw new GoogleApiError('404', {
    message: `models/${name} is not found for API version v1beta, or is not supported for ${called}. Call ${list} to see the list of available models and their supported methods.`,
  });
}

/** One page of the list; the token is opaque to callers and holds the offset of the next page. */
export function listModels(query: URLSearchParams): { models: Model[]; nextPageToken?: string } {
  const pageSize = Number(query.get('pageSize') || 50);
  const token = query.get('pageToken');
  const start = token ? Number(Buffer.from(token, 'base64url').toString()) : 0;
  if (!Number.isInteger(pageSize) || pageSize < 0) throw new GoogleApiError('400');
  if (!Number.isInteger(start) || start < 0 || start >= models.length) {
    throw new GoogleApiError('400', { message: 'Page token is invalid.' });
  }
  const end = start + Math.min(pageSize || 50, 1000);
  const page = { models: models.slice(start, end) };
  if (end >= models.length) return page;
  return { ...page, nextPageToken: Buffer.from(String(end)).toString('base64url') };
}

/** 2.5 ends a reply on its last text; later models send one more chunk with an empty text. */
export function endsWithEmptyText(model: string): boolean {
  return !model.startsWith('gemini-2.5');
}
