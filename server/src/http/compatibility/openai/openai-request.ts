import type { ChatSettings, Thinking } from '@millrace/protocol';
import { boundedArray } from '@millrace/protocol/requests';
import { z } from 'zod';
import { ProblemError } from '../../../core/errors.ts';
import { shorten, wrongField } from '../../../core/wrong-field.ts';
import type { TranscriptMessage } from '../../../store/transactions/hidden-chats.ts';
import { check } from '../../validation.ts';
import { UnsupportedParameterError } from './openai-errors.ts';

/** A valid request to `/v1/chat/completions`. */
export interface CompletionRequest {
  model: string;
  messages: TranscriptMessage[];
  settings: ChatSettings;
  isStream: boolean;
  includeUsage: boolean;
}

/** The longest name of an unsupported parameter in an error. */
const MAX_NAME_CHARS = 100;

/** Each message is a row, and all rows are written in one turn of the event loop. */
const MAX_MESSAGES = 1000;

/** The parts of one message. */
const MAX_PARTS = 1000;

/** Parameters that are applied. */
const SUPPORTED = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'temperature',
  'max_tokens',
  'max_completion_tokens',
  'reasoning_effort',
]);

/** Parameters that don't change a reply, or are only hints. */
const IGNORED = new Set([
  'user',
  'metadata',
  'seed',
  'service_tier',
  'prediction',
  'parallel_tool_calls',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
]);

/** Values of unsupported parameters that equal the default behaviour. */
const DEFAULT_VALUES: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ['n', [1]],
  ['store', [false]],
  ['stop', [[], '']],
  ['top_p', [1]],
  ['frequency_penalty', [0]],
  ['presence_penalty', [0]],
  ['logit_bias', [{}]],
  ['logprobs', [false]],
  ['top_logprobs', [0]],
  ['tools', [[]]],
  ['tool_choice', ['none', 'auto']],
  ['functions', [[]]],
  ['function_call', ['none', 'auto']],
  ['modalities', [['text']]],
  ['response_format', [{ type: 'text' }]],
  ['verbosity', ['medium']],
]);

const EFFORTS = {
  none: 'off',
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<string, Thinking>;

const textPart = z.looseObject({
  type: z.literal('text', { error: 'only text is taken: no images, sound or files' }),
  text: z.string(),
});
const content = z
  .union([z.string(), boundedArray(textPart, { maxItems: MAX_PARTS })], { error: contentError })
  .transform((given) => (typeof given === 'string' ? given : given.map(({ text }) => text).join('')));

const message = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.enum(['system', 'developer', 'user']), content }),
    z.looseObject({
      role: z.literal('assistant'),
      content: content.nullish().transform((given) => given ?? ''),
      tool_calls: z.array(z.unknown()).max(0, 'tools are not supported').nullish(),
    }),
  ],
  { error: 'takes the roles system, developer, user and assistant' },
);

/** The supported parameters of a request. */
export const completionBody = z.looseObject({
  model: z.string(),
  messages: boundedArray(message, { maxItems: MAX_MESSAGES }).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  reasoning_effort: z.enum(Object.keys(EFFORTS) as (keyof typeof EFFORTS)[]).nullish(),
});

/**
 * Validates the body of a completion request.
 * @param maxChars the longest text of a user message and of the system prompt, in UTF-16 units
 * @throws ProblemError `invalid_request`
 */
export function parseCompletion(value: unknown, maxChars: number): CompletionRequest {
  const given = check(z.looseObject({}), value);
  // Names no parameter, as OpenAI's error does.
  if (typeof given['model'] !== 'string') {
    throw new ProblemError('invalid_request', 'You must provide a model parameter.');
  }
  refuseUnsupported(given);
  const body = check(completionBody, given);
  const said = body.messages.map(({ role, content: text }) => ({ role, text }));
  for (const [index, { role, text }] of said.entries()) {
    // Texts of models may be longer.
    if (role !== 'assistant') checkLength(text, maxChars, `messages.${index}.content`);
  }
  const system = said.filter(({ role }) => role === 'system' || role === 'developer');
  const messages = said.flatMap(({ role, text }) =>
    role === 'user' || role === 'assistant' ? [{ role, text }] : [],
  );
  checkQuestion(messages);
  const systemPrompt = system.length === 0 ? undefined : system.map(({ text }) => text).join('\n\n');
  checkLength(systemPrompt ?? '', maxChars, 'messages');
  const { reasoning_effort: effort } = body;
  return {
    model: body.model,
    messages,
    settings: {
      ...(systemPrompt !== undefined && { systemPrompt }),
      temperature: body.temperature ?? undefined,
      maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
      thinking: effort ? EFFORTS[effort] : undefined,
    },
    isStream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
  };
}

/** @throws UnsupportedParameterError */
function refuseUnsupported(body: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(body)) {
    if (value === null || SUPPORTED.has(name) || IGNORED.has(name)) continue;
    const defaults = DEFAULT_VALUES.get(name);
    if (defaults?.some((each) => isSameValue(each, value))) continue;
    const values = defaults?.map((each) => JSON.stringify(each)).join(' or ');
    const only = values === undefined ? '' : ` other than ${values}`;
    const shown = shorten(name, MAX_NAME_CHARS);
    throw new UnsupportedParameterError(shown, `Unsupported parameter: '${shown}'${only} is not supported.`);
  }
}

/** Compares one level of fields or items. */
function isSameValue(expected: unknown, value: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return expected === value;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(expected)) {
    return false;
  }
  const fields = Object.entries(expected);
  return (
    Object.keys(value).length === fields.length &&
    fields.every(([name, field]) => (value as Record<string, unknown>)[name] === field)
  );
}

function checkQuestion(messages: readonly TranscriptMessage[]): void {
  const last = messages.at(-1);
  if (last?.role === 'user' && last.text.trim() !== '') return;
  throw wrongField('messages', 'must end with a user message that isn’t blank');
}

function checkLength(text: string, maxChars: number, path: string): void {
  if (text.length > maxChars) throw wrongField(path, `must have at most ${maxChars} characters`);
}

/** Names what is wrong in a list of parts, instead of saying that neither form fits. */
function contentError(issue: z.core.$ZodRawIssue): string {
  const isList = issue.code === 'invalid_union' && Array.isArray(issue.input);
  return isList
    ? 'takes parts of type text alone: no images, sound or files'
    : 'must be text, or a list of text parts';
}
