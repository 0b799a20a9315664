import messages from '../../data/messages.json' with { type: 'json' };
import { invalidArgument } from './errors.ts';
import { isBeforeGemini3 } from './models.ts';

export interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  inlineData?: { mimeType?: string };
  fileData?: { mimeType?: string };
  functionCall?: object;
  functionResponse?: object;
}

export type Content = { role?: string; parts?: Part[] };

export interface GenerateRequest {
  contents: Content[];
  systemInstruction?: Content;
  tools?: unknown[];
  generationConfig?: {
    maxOutputTokens?: number;
    stopSequences?: string[];
    responseModalities?: string[];
    thinkingConfig?: { includeThoughts?: boolean; thinkingBudget?: number; thinkingLevel?: string };
  };
}

/**
 * Validates a message as Google does. Field names may be in camelCase or snake_case.
 *
 * @param type a name in `data/messages.json`, a scalar type, or a list of these (`[]`)
 * @throws {GoogleApiError} 400 with Google's message
 */
export function readMessage(type: string, value: unknown, path = ''): unknown {
  const fields = (messages as Record<string, Record<string, string>>)[type];
  if (type === 'any' || (!fields && typeof value === type)) return value;
  if (type.endsWith('[]') && Array.isArray(value)) {
    return value.map((item, index) => readMessage(type.slice(0, -2), item, `${path}[${index}]`));
  }
  const protoPath = path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (!fields || typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (path === '') throw invalidArgument('Invalid JSON payload received. Root element must be a message.');
    throw invalidArgument(`Invalid value at '${protoPath}' (TYPE_${type.toUpperCase()})`);
  }
  const members = Object.entries(value).map(([name, member]) => {
    const camel = name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    const fieldType = Object.hasOwn(fields, camel) ? fields[camel] : undefined;
    if (fieldType === undefined) throw unknownName(name, protoPath);
    return [camel, readMessage(fieldType, member, path ? `${path}.${camel}` : camel)];
  });
  return Object.fromEntries(members);
}

function unknownName(name: string, field: string): Error {
  const at = field && ` at '${field}'`;
  const description = `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`;
  const fieldViolations = [field ? { field, description } : { description }];
  return invalidArgument(description, [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations },
  ]);
}

/** Reads the body of a generate request. Rejects the requests that Google rejects. @throws {GoogleApiError} 400 */
export function readGenerateRequest(body: unknown, model: string): GenerateRequest {
  const request = readMessage('GenerateContentRequest', body) as GenerateRequest;
  const { maxOutputTokens: limit, thinkingConfig: thinking } = request.generationConfig ?? {};
  if (!request.contents?.length)
    throw invalidArgument('* GenerateContentRequest.contents: contents is not specified\n');
  if (limit !== undefined && !(limit > 0)) throw invalidArgument('max_output_tokens must be positive.');
  if (thinking?.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined) {
    throw invalidArgument('You can only set only one of thinking budget and thinking level.');
  }
  for (const [index, { role = 'user', parts = [] }] of request.contents.entries()) {
    const path = `* GenerateContentRequest.contents[${index}].parts`;
    if (parts.length === 0) throw invalidArgument(`${path}: contents.parts must not be empty.\n`);
    if (role !== 'user' && role !== 'model') throw invalidArgument('Please use a valid role: user, model.');
    // Of several parallel function calls, only the first has a signature.
    const call = parts.find((part) => part.functionCall);
    if (!call || call.thoughtSignature || isBeforeGemini3(model)) continue;
    throw invalidArgument(
      `Function call is missing a thought_signature in functionCall parts, content ${index}.`,
    );
  }
  return request;
}
