import type { Message } from '@millrace/protocol';
import type { PromptContext } from '../store/transactions/prompt-context.ts';
import type { StartedGeneration } from '../store/transactions/start-generation.ts';
import type { ModelImage, InputImage, Turn } from '../ports/model-provider.ts';
import { estimateImageTokens, estimateTokens } from './token-estimate.ts';

/** What a model is sent. */
export interface Prompt {
  system: string | null;
  turns: Turn[];
}

/** What a model is told when it shall go on with a reply that was cut off. */
const GO_ON =
  'Your last reply was cut off. Go on exactly where it stopped, even in the middle of a word. Repeat nothing, and say nothing about this.';

const SUMMARIZE =
  'You keep notes of a conversation, for somebody who will go on with it without having read it. ' +
  'Write down in at most 300 words what they need: facts, names, numbers, decisions, wishes, and what is still open. ' +
  'Write in the language of the conversation. Add nothing, and say nothing about these notes.';

const NAME =
  'You name conversations. Answer with a title for this one, and nothing else: two to six words in its language, ' +
  'without quotes and without a full stop.';

/** Of each message, so much is enough to name a chat (UTF-16 units). */
const TOLD_TO_NAME = 1000;

const NOTES = 'What was said before the messages that follow, in notes:';

/** For the reply to a question, or to one that goes on with itself. */
export function replyPrompt({ settings, summary, assistantMessage, ...material }: StartedGeneration): Prompt {
  const system = withNotes(settings.systemPrompt, summary);
  const turns = toTurns(material);
  if (assistantMessage.continues !== null) turns.push({ role: 'user', text: GO_ON });
  return { system, turns };
}

/** The turns of a request to which so much was said before it broke off, for the rest. */
export function continuationTurns(turns: readonly Turn[], said: string): Turn[] {
  return [...turns, { role: 'assistant', text: said }, { role: 'user', text: GO_ON }];
}

/** For notes of some messages, and of the notes before them. */
export function summaryPrompt({ summary, context }: PromptContext): Prompt {
  const notes = summary === null ? [] : [`Notes so far:\n${summary}`];
  const said = toTurns({ context, signed: new Map(), files: new Map() }).map(
    ({ role, text, attached = [] }) => {
      const files = attached.filter((each) => typeof each === 'string');
      return [role === 'user' ? 'User:' : 'Assistant:', ...files, text].join('\n');
    },
  );
  return { system: SUMMARIZE, turns: [{ role: 'user', text: [...notes, ...said].join('\n\n') }] };
}

/** What a chat is named by; null where nothing was answered. */
export function exchangeToName(question: Message, reply: Message): string | null {
  const isOver = reply.status === 'completed' || reply.status === 'stopped';
  if (!isOver || textOf(reply) === '') return null;
  const files = question.parts.flatMap((part) => ('name' in part && part.name ? [part.name] : []));
  const beginningOf = (message: Message) => textOf(message).slice(0, TOLD_TO_NAME).toWellFormed();
  const asked = [...files, beginningOf(question)].join('\n');
  return `User:\n${asked}\n\nAssistant:\n${beginningOf(reply)}\n\nTitle:`;
}

/** For the title of a chat. */
export function titlePrompt({ context }: Pick<PromptContext, 'context'>): Prompt {
  return { system: NAME, turns: toTurns({ context, signed: new Map(), files: new Map() }) };
}

/** All the texts and images that are sent. */
export function contentsOf({ system, turns }: Prompt): (string | InputImage)[] {
  return [system ?? '', ...turns.flatMap(({ text, attached = [] }) => [...attached, text])];
}

/** Tokens of a reply's prompt, estimated. */
export function estimateReplyPrompt(
  systemPrompt: string | null,
  { summary, context, files }: PromptContext,
): number {
  let tokens = estimateTokens(withNotes(systemPrompt, summary) ?? '');
  for (const message of context) {
    tokens += estimateTokens(textOf(message));
    for (const file of attachedTo(message, files)) {
      tokens += typeof file === 'string' ? estimateTokens(file) : estimateImageTokens(file);
    }
  }
  return tokens;
}

/** Tokens of a prompt that has no images, estimated. */
export function estimateTextPrompt(prompt: Prompt): number {
  let tokens = 0;
  for (const content of contentsOf(prompt)) {
    if (typeof content === 'string') tokens += estimateTokens(content);
  }
  return tokens;
}

export function textOf({ parts }: Pick<Message, 'parts'>): string {
  let text = '';
  for (const part of parts) if (part.type === 'text') text += part.text;
  return text;
}

/** What a person's message brings along, as it is sent. Of what is left out the model is told the name. */
function attachedTo({ role, parts }: Message, files: PromptContext['files']): (string | ModelImage)[] {
  if (role !== 'user') return [];
  return parts.flatMap((part) => {
    if (part.type !== 'media' && part.type !== 'file') return [];
    const file = files.get(part.url);
    if (file === undefined) return [`[A file that isn't sent again: ${part.name ?? 'an image'}]`];
    return [file.kind === 'image' ? file : `File ${part.name ?? ''}:\n${file.text}\nEnd of the file.`];
  });
}

function withNotes(systemPrompt: string | null, summary: string | null): string | null {
  if (summary === null) return systemPrompt;
  const notes = `${NOTES}\n${summary}`;
  return systemPrompt === null ? notes : `${systemPrompt}\n\n${notes}`;
}

/** Without what a model can't use: system messages and replies that say nothing. */
function toTurns({ context, signed, files }: Pick<PromptContext, 'context' | 'signed' | 'files'>): Turn[] {
  const turns: Turn[] = [];
  for (const message of context) {
    const text = textOf(message);
    const attached = attachedTo(message, files);
    if (message.role === 'system' || (text === '' && attached.length === 0)) continue;
    // The user speaks first; the window may begin with a reply.
    if (turns.length === 0 && message.role !== 'user') continue;
    const last = turns.at(-1);
    // A reply and its continuation are one.
    const own = signed.get(message.id) ?? [];
    if (message.continues !== null && last?.role === 'assistant') {
      const before = last.text.length;
      last.text += text;
      last.signed = [...(last.signed ?? []), ...own.map((each) => ({ ...each, at: before + each.at }))];
    } else turns.push({ role: message.role, text, attached, signed: own });
  }
  return turns;
}
