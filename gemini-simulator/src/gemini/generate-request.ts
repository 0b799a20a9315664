import { GoogleApiError } from './google-errors.ts';

export interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  inlineData?: { mimeType?: string };
  fileData?: { mimeType?: string };
  functionCall?: object;
  functionResponse?: object;
}

export interface Content {
  role?: string;
  parts: Part[];
}

interface GenerationConfig {
  maxOutputTokens?: number;
  stopSequences?: string[];
  thinkingConfig?: { includeThoughts?: boolean; thinkingBudget?: number; thinkingLevel?: string };
}

export interface GenerateRequest {
  contents: Content[];
  systemInstruction?: Content;
  tools?: unknown[];
  generationConfig: GenerationConfig;
}

type Json = Record<string, unknown>;

const requestFields = new Set([
  'model',
  'contents',
  'systemInstruction',
  'safetySettings',
  'tools',
  'toolConfig',
  'cachedContent',
  'generationConfig',
  'continuationToken',
  'serviceTier',
  'store',
  'labels',
]);

/**
 * Reads the body of a generate request, in camelCase or snake_case like Google, and refuses what
 * Google refuses.
 *
 * @throws {GoogleApiError} 400 INVALID_ARGUMENT.
 */
export function parseGenerateRequest(body: unknown, model: string): GenerateRequest {
  if (!isObject(body)) throw invalid('Invalid JSON payload received. Root element must be a message.');
  const fields = camelKeys(body);
  const unknownField = Object.keys(fields).find((name) => !requestFields.has(name));
  if (unknownField) {
    throw invalid(`Invalid JSON payload received. Unknown name "${unknownField}": Cannot find field.`);
  }
  if (!Array.isArray(fields['contents']) || fields['contents'].length === 0) {
    throw invalid('* GenerateContentRequest.contents: contents is not specified\n');
  }
  const request: GenerateRequest = {
    contents: fields['contents'].map((content, index) => parseContent(content, `contents[${index}]`)),
    generationConfig: parseConfig(fields['generationConfig'] ?? {}),
  };
  if (fields['systemInstruction'] !== undefined) {
    request.systemInstruction = parseContent(fields['systemInstruction'], 'system_instruction');
  }
  if (Array.isArray(fields['tools'])) request.tools = fields['tools'];
  if (!model.startsWith('gemini-2.5')) checkSignatures(request.contents);
  return request;
}

function parseContent(value: unknown, path: string): Content {
  if (!isObject(value) || !Array.isArray(value['parts']) || value['parts'].length === 0) {
    throw invalid(`* GenerateContentRequest.${path}.parts: contents.parts must not be empty.\n`);
  }
  const role = value['role'];
  const parts = value['parts'].map((part: unknown, index) => {
    if (!isObject(part)) throw invalid(`Invalid value at '${path}.parts[${index}]'`);
    const fields = camelKeys(part);
    if (fields['text'] !== undefined && typeof fields['text'] !== 'string') {
      throw invalid(`Invalid value at '${path}.parts[${index}].text' (TYPE_STRING)`);
    }
    return fields;
  });
  if (role === undefined) return { parts };
  if (role !== 'user' && role !== 'model' && !(role === 'system' && path === 'system_instruction')) {
    throw invalid('Please use a valid role: user, model.');
  }
  return { role, parts };
}

function parseConfig(value: unknown): GenerationConfig {
  if (!isObject(value)) throw invalid("Invalid value at 'generation_config'");
  const config = camelKeys(value);
  const { maxOutputTokens, stopSequences } = config;
  if (maxOutputTokens !== undefined && !(Number.isInteger(maxOutputTokens) && Number(maxOutputTokens) > 0)) {
    throw invalid('max_output_tokens must be positive.');
  }
  if (stopSequences !== undefined && !(Array.isArray(stopSequences) && stopSequences.every(isText))) {
    throw invalid("Invalid value at 'generation_config.stop_sequences'");
  }
  const thinking = isObject(config['thinkingConfig']) ? camelKeys(config['thinkingConfig']) : {};
  if (thinking['thinkingBudget'] !== undefined && thinking['thinkingLevel'] !== undefined) {
    throw invalid('You can only set only one of thinking budget and thinking level.');
  }
  return { ...config, thinkingConfig: thinking };
}

/** Of several calls made at once only the first bears a signature. */
function checkSignatures(contents: Content[]): void {
  for (const [index, content] of contents.entries()) {
    const call = content.parts.find((part) => part.functionCall);
    if (call && !call.thoughtSignature) {
      throw invalid(`Function call is missing a thought_signature in functionCall parts, content ${index}.`);
    }
  }
}

function camelKeys(value: Json): Json {
  const camel = (name: string) =>
    name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [camel(name), member]));
}

function invalid(message: string): GoogleApiError {
  return new GoogleApiError('400', { message });
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
