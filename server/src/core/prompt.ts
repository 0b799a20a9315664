import type { Message } from '@millrace/protocol';
import type { Material, StartedGeneration } from '../ports/generation-store.ts';
import type { Turn } from '../ports/model-provider.ts';
import { estimateTokens } from './token-estimate.ts';

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

const NOTES = 'What was said before the messages that follow, in notes:';

/** For the reply to a question, or to one that goes on with itself. */
export function replyPrompt({ settings, summary, assistantMessage, ...material }: StartedGeneration): Prompt {
  const system = withNotes(settings.systemPrompt, summary);
  const turns = toTurns(material);
  if (assistantMessage.continues !== null) turns.push({ role: 'user', text: GO_ON });
  return { system, turns };
}

/** The turns of a request to which so much was said before it broke off, for the rest. */
export function goingOn(turns: readonly Turn[], said: string): Turn[] {
  return [...turns, { role: 'assistant', text: said }, { role: 'user', text: GO_ON }];
}

/** For notes of some messages, and of the notes before them. */
export function summaryPrompt({ summary, context }: Material): Prompt {
  const notes = summary === null ? [] : [`Notes so far:\n${summary}`];
  const said = toTurns({ context, signed: new Map() }).map(
    ({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}:\n${text}`,
  );
  return { system: SUMMARIZE, turns: [{ role: 'user', text: [...notes, ...said].join('\n\n') }] };
}

/** All the texts that are sent. */
export function textsOf({ system, turns }: Prompt): string[] {
  return [system ?? '', ...turns.map(({ text }) => text)];
}

/** Tokens of a reply's prompt, estimated. */
export function estimateReplyPrompt(systemPrompt: string | null, { summary, context }: Material): number {
  let tokens = estimateTokens(withNotes(systemPrompt, summary) ?? '');
  for (const message of context) tokens += estimateTokens(textOf(message));
  return tokens;
}

/** Tokens of a summary's prompt, estimated. */
export function estimateSummaryPrompt(material: Material): number {
  let tokens = 0;
  for (const text of textsOf(summaryPrompt(material))) tokens += estimateTokens(text);
  return tokens;
}

export function textOf({ parts }: Pick<Message, 'parts'>): string {
  let text = '';
  for (const part of parts) if (part.type === 'text') text += part.text;
  return text;
}

function withNotes(systemPrompt: string | null, summary: string | null): string | null {
  if (summary === null) return systemPrompt;
  const notes = `${NOTES}\n${summary}`;
  return systemPrompt === null ? notes : `${systemPrompt}\n\n${notes}`;
}

/** Without what a model can't use: system messages and replies that say nothing. */
function toTurns({ context, signed }: Omit<Material, 'summary'>): Turn[] {
  const turns: Turn[] = [];
  for (const message of context) {
    const text = textOf(message);
    if (message.role === 'system' || text === '') continue;
    // The user speaks first; the window may begin with a reply.
    if (turns.length === 0 && message.role !== 'user') continue;
    const last = turns.at(-1);
    // A reply and its continuation are one.
    const own = signed.get(message.id) ?? [];
    if (message.continues !== null && last?.role === 'assistant') {
      const before = last.text.length;
      last.text += text;
      last.signed = [...(last.signed ?? []), ...own.map((each) => ({ ...each, at: before + each.at }))];
    } else turns.push({ role: message.role, text, signed: own });
  }
  return turns;
}
