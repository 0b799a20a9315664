import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import type { PromptContext } from '../store/transactions/prompt-context.ts';
import type { StartedGeneration } from '../store/transactions/start-generation.ts';
import type { InputImage, Turn } from '../ports/prompt-parts.ts';
import { attachedTo, contentsOfTurn, fileAsText, textTurn, toTurns } from './prompt-turns.ts';
import { estimateImageTokens, estimateTokens } from './token-estimate.ts';

/** The input of a model request. */
export interface Prompt {
  system: string | null;
  turns: Turn[];
}

/** Asks the model to continue a reply that was cut off. */
const CONTINUE_INSTRUCTION =
  'Your last reply was cut off. Continue exactly where it stopped, even in the middle of a word. Don’t repeat any text, and don’t mention the interruption.';

const SUMMARY_INSTRUCTION =
  'You summarize a conversation for a reader who will continue it without having read it. ' +
  'Write at most 300 words with what the reader needs: facts, names, numbers, decisions, wishes and open questions. ' +
  'Write in the language of the conversation. Add nothing else, and don’t mention the summary.';

const TITLE_INSTRUCTION =
  'You write titles of conversations. Answer only with a title for this one: two to six words in its language, ' +
  'without quotes and without a full stop.';

/** The start of a message that a title is made from, in UTF-16 units. */
const TITLE_EXCERPT_CHARS = 1000;

const SUMMARY_HEADING = 'Summary of the earlier messages:';

/** The prompt for a reply, or for the continuation of one. */
export function replyPrompt({ settings, summary, assistantMessage, ...context }: StartedGeneration): Prompt {
  const system = withSummary(settings.systemPrompt, summary);
  const turns = toTurns(context);
  if (assistantMessage.continues !== null) turns.push(textTurn('user', CONTINUE_INSTRUCTION));
  return { system, turns };
}

/** Turns that ask for the rest of a reply whose connection broke. @param replyText the reply so far */
export function continuationTurns(turns: readonly Turn[], replyText: string): Turn[] {
  return [...turns, textTurn('assistant', replyText), textTurn('user', CONTINUE_INSTRUCTION)];
}

/** The prompt for a summary of some messages and of the summary before them. */
export function summaryPrompt({ summary, context }: PromptContext): Prompt {
  const notes = summary === null ? [] : [`Summary so far:\n${summary}`];
  const transcript = toTurns(withoutFiles(context)).map((turn) => {
    const texts = contentsOfTurn(turn).filter((content) => typeof content === 'string');
    return [turn.role === 'user' ? 'User:' : 'Assistant:', ...texts].join('\n');
  });
  return { system: SUMMARY_INSTRUCTION, turns: [textTurn('user', [...notes, ...transcript].join('\n\n'))] };
}

/** The exchange that a title is made from; null when the reply failed or has no text. */
export function exchangeToName(question: Message, reply: Message): string | null {
  const isUsable = reply.status === 'completed' || reply.status === 'stopped';
  if (!isUsable || messageText(reply) === '') return null;
  const files = question.parts.flatMap((part) => ('name' in part && part.name ? [part.name] : []));
  const excerptOf = (message: Message) => messageText(message).slice(0, TITLE_EXCERPT_CHARS).toWellFormed();
  const asked = [...files, excerptOf(question)].join('\n');
  return `User:\n${asked}\n\nAssistant:\n${excerptOf(reply)}\n\nTitle:`;
}

/** The prompt for the title of a chat. */
export function titlePrompt({ context }: Pick<PromptContext, 'context'>): Prompt {
  return { system: TITLE_INSTRUCTION, turns: toTurns(withoutFiles(context)) };
}

/** All texts and images of a prompt, for counting. */
export function contentsOf({ system, turns }: Prompt): (string | InputImage)[] {
  return [system ?? '', ...turns.flatMap(contentsOfTurn)];
}

/** Estimates the tokens of a reply's prompt. */
export function estimateReplyPrompt(
  systemPrompt: string | null,
  { summary, context, files }: PromptContext,
): number {
  let tokens = estimateTokens(withSummary(systemPrompt, summary) ?? '');
  for (const message of context) {
    tokens += estimateTokens(messageText(message));
    for (const part of attachedTo(message, files)) {
      tokens += part.type === 'file' ? estimateTokens(fileAsText(part)) : estimateImageTokens(part);
    }
  }
  return tokens;
}

/** Estimates the tokens of a prompt without images. */
export function estimateTextPrompt(prompt: Prompt): number {
  let tokens = 0;
  for (const content of contentsOf(prompt)) {
    if (typeof content === 'string') tokens += estimateTokens(content);
  }
  return tokens;
}

function withSummary(systemPrompt: string | null, summary: string | null): string | null {
  if (summary === null) return systemPrompt;
  const notes = `${SUMMARY_HEADING}\n${summary}`;
  return systemPrompt === null ? notes : `${systemPrompt}\n\n${notes}`;
}

/** Without the contents of files, the model learns only their names. */
function withoutFiles(
  context: PromptContext['context'],
): Pick<PromptContext, 'context' | 'providerData' | 'files'> {
  return { context, providerData: new Map(), files: new Map() };
}
