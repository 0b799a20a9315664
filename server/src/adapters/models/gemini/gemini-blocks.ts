import type { ReplyError } from '../../../core/errors.ts';
import { geminiError } from './gemini-errors.ts';
import type { WireSafetyRating } from './wire.ts';

/** Why an answer ends before its time by the service's rules, in words a person uses. */
const REASONS = new Map([
  ['SAFETY', null],
  ['IMAGE_SAFETY', 'an image that its safety rules don’t allow'],
  ['RECITATION', 'it would have repeated a text that belongs to somebody'],
  ['IMAGE_RECITATION', 'it would have repeated an image that belongs to somebody'],
  ['BLOCKLIST', 'a word that is on a list of blocked ones'],
  ['PROHIBITED_CONTENT', 'content that is prohibited'],
  ['IMAGE_PROHIBITED_CONTENT', 'an image that is prohibited'],
  ['SPII', 'personal data that should stay private'],
]);

/** Only questions are blocked for these; the set is open. */
const MORE_OF_QUESTIONS = new Map([
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
  /** What the service says of it itself. */
  message: string | undefined;
}

/** Whether a finishReason means that the service's rules ended the answer. */
export function isBlock(finishReason: string): boolean {
  return REASONS.has(finishReason);
}

export function blockedQuestion(block: Block, usageIsFinal: boolean): ReplyError {
  return geminiError('model_blocked', `the question: ${inWords(block)}`, { usageIsFinal });
}

export function blockedAnswer(block: Block, usageIsFinal: boolean): ReplyError {
  return geminiError('model_blocked', `the answer: ${inWords(block)}`, { usageIsFinal });
}

/** The service's own words, else its categories, else its reason. */
function inWords({ reason, ratings, message }: Block): string {
  if (message !== undefined && message !== '') return message;
  const categories = ratings
    .filter(({ blocked }) => blocked === true)
    .map(({ category = '' }) => CATEGORIES.get(category) ?? category);
  if (categories.length > 0) return categories.join(', ');
  return REASONS.get(reason) ?? MORE_OF_QUESTIONS.get(reason) ?? 'its safety rules';
}
