import messages from '../../data/messages.json' with { type: 'json' };
import { isObject, read } from '../schema.ts';
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

export interface Content {
  role?: string;
  parts?: Part[];
}

export interface GenerateRequest {
  contents: Content[];
  systemInstruction?: Content;
  tools?: unknown[];
  continuationToken?: string;
  generationConfig?: {
    maxOutputTokens?: number;
    stopSequences?: string[];
    responseModalities?: string[];
    thinkingConfig?: { includeThoughts?: boolean; thinkingBudget?: number; thinkingLevel?: string };
  };
}

/** Reads a message of Google's, in camelCase or snake_case like Google. @throws {GoogleApiError} 400 in Google's words. */
export function readMessage(type: keyof typeof messages, body: unknown): object {
  const noMessage = 'Invalid JSON payload received. Root element must be a message.';
  if (!isObject(body)) throw invalidArgument(noMessage);
  return read(messages, type, body, '', (camelPath, mistake) => {
    const path = camelPath.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const expected = Object.values(mistake).join('').toUpperCase();
    if (!('unknown' in mistake)) return invalidArgument(`Invalid value at '${path}' (TYPE_${expected})`);
    const at = path && ` at '${path}'`;
    const description = `Invalid JSON payload received. Unknown name "${mistake.unknown}"${at}: Cannot find field.`;
    const fieldViolations = [path ? { field: path, description } : { description }];
    const badRequest = { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations };
    return invalidArgument(description, [badRequest]);
  }) as object;
}

/** Reads the body of a generate request and refuses what Google refuses. @throws {GoogleApiError} 400. */
export function readGenerateRequest(body: unknown, model: string): GenerateRequest {
  const request = readMessage('GenerateContentRequest', body) as GenerateRequest;
  const { maxOutputTokens: limit, thinkingConfig: thinking } = request.generationConfig ?? {};
  if (!request.contents?.length) {
    throw invalidArgument('* GenerateContentRequest.contents: contents is not specified\n');
  }
  if (limit !== undefined && !(limit > 0)) throw invalidArgument('max_output_tokens must be positive.');
  if (thinking?.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined) {
    throw invalidArgument('You can only set only one of thinking budget and thinking level.');
  }
  for (const [index, { role = 'user', parts = [] }] of request.contents.entries()) {
    const path = `contents[${index}].parts`;
    if (parts.length === 0) {
      throw invalidArgument(`* GenerateContentRequest.${path}: contents.parts must not be empty.\n`);
    }
    if (role !== 'user' && role !== 'model') throw invalidArgument('Please use a valid role: user, model.');
    // Of several calls made at once only the first bears a signature.
    const call = parts.find((part) => part.functionCall);
    if (call && !call.thoughtSignature && !isBeforeGemini3(model)) {
      const words = 'Function call is missing a thought_signature in functionCall parts';
      throw invalidArgument(`${words}, content ${index}.`);
    }
  }
  return request;
}
