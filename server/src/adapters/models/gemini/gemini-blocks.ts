import type { ReplyError } from '../../../core/errors.ts';
import { geminiError } from './gemini-errors.ts';
import type { WireSafetyRating } from './wire.ts';

/** Why Gemini's safety rules block an answer, for users. Null gets a general reason. */
const BLOCK_REASONS = new Map([
  ['SAFETY', null],
  ['IMAGE_SAFETY', 'an image that its safety rules don’t allow'],
  ['RECITATION', 'it would repeat a copyrighted text'],
  ['IMAGE_RECITATION', 'it would repeat a copyrighted image'],
  ['BLOCKLIST', 'a word on the blocklist'],
  ['PROHIBITED_CONTENT', 'content that is prohibited'],
  ['IMAGE_PROHIBITED_CONTENT', 'an image that is prohibited'],
  ['SPII', 'sensitive personal data'],
]);

/** Reasons that occur only for prompts. Gemini may add more. */
const PROMPT_BLOCK_REASONS = new Map([
  ['JAILBREAK', 'it looks like an attempt to get around the rules'],
  ['OTHER', null],
]);

const CATEGORIES = new Map([
  ['HARM_CATEGORY_HARASSMENT', 'harassment'],
  ['HARM_CATEGORY_HATE_SPEECH', 'hate speech'],
  ['HARM_CATEGORY_SEXUALLY_EXPLICIT', 'sexual content'],
  ['HARM_CATEGORY_DANGEROUS_CONTENT', 'dangerous content'],
  ['HARM_CATEGORY_CIVIC_INTEGRITY', 'elections'],
]);

export interface Block {
  /** `blockReason`, or the `finishReason`. */
  reason: string;
  ratings: readonly WireSafetyRating[];
  /** The service's own explanation. */
  message: string | undefined;
}

/** Whether a finishReason means that the service's rules ended the answer. */
export function isBlock(finishReason: string): boolean {
  return BLOCK_REASONS.has(finishReason);
}

export function blockedQuestion(block: Block, usageIsFinal: boolean): ReplyError {
  return geminiError('model_blocked', `the question: ${inWords(block)}`, { usageIsFinal });
}

export function blockedAnswer(block: Block, usageIsFinal: boolean): ReplyError {
  return geminiError('model_blocked', `the answer: ${inWords(block)}`, { usageIsFinal });
}

/** The service's explanation, or its harm categories, or its reason. */
function inWords({ reason, ratings, message }: Block): string {
  if (message !== undefined && message !== '') return message;
  const categories = ratings
    .filter(({ blocked }) => blocked === true)
    .map(({ category = '' }) => CATEGORIES.get(category) ?? category);
  if (categories.length > 0) return categories.join(', ');
  return BLOCK_REASONS.get(reason) ?? PROMPT_BLOCK_REASONS.get(reason) ?? 'its safety rules';
}
