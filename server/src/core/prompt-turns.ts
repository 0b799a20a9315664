import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import type { PromptContext } from '../store/transactions/prompt-context.ts';
import type { FilePart, InputImage, MediaPart, PromptPart, Turn } from '../ports/prompt-parts.ts';
import { splitText } from './provider-data.ts';

export function textTurn(role: Turn['role'], text: string): Turn {
  return { role, parts: [{ type: 'text', text }] };
}

/**
 * The turns of a prompt. A reply and its continuations become one turn. System messages and messages without content are left out,
 * and so are replies before the first question, with which a shortened context may begin.
 */
export function toTurns({
  context,
  providerData,
  files,
}: Pick<PromptContext, 'context' | 'providerData' | 'files'>): Turn[] {
  const turns: { role: Turn['role']; parts: PromptPart[] }[] = [];
  for (const message of context) {
    if (message.role === 'system') continue;
    if (turns.length === 0 && message.role !== 'user') continue;
    const text = messageText(message);
    const parts = [
      ...attachedTo(message, files),
      ...(text === '' ? [] : splitText(text, providerData.get(message.id) ?? [])),
    ];
    if (parts.length === 0) continue;
    const last = turns.at(-1);
    if (message.continues !== null && last?.role === 'assistant') last.parts.push(...parts);
    else turns.push({ role: message.role, parts });
  }
  return turns;
}

/** The files of a user's message. */
export function attachedTo(
  { role, parts }: Message,
  files: PromptContext['files'],
): (FilePart | MediaPart)[] {
  if (role !== 'user') return [];
  return parts.flatMap((part): (FilePart | MediaPart)[] => {
    if (part.type !== 'media' && part.type !== 'file') return [];
    const file = files.get(part.url);
    if (file === undefined) return [{ type: 'file', name: part.name ?? 'an image', text: null }];
    if (file.kind === 'text') return [{ type: 'file', name: part.name ?? '', text: file.text }];
    const { mimeType, bytes, width, height } = file;
    return [{ type: 'media', mimeType, bytes, width, height }];
  });
}

/** A file as a text, for services that have no part for files. */
export function fileAsText({ name, text }: FilePart): string {
  return text === null
    ? `[A file that isn't sent again: ${name}]`
    : `File ${name}:\n${text}\nEnd of the file.`;
}

/** The content of a turn, for counting. The text parts count as one text. */
export function contentsOfTurn({ parts }: Turn): (string | InputImage)[] {
  const others: (string | InputImage)[] = [];
  let text = '';
  for (const part of parts) {
    switch (part.type) {
      case 'text':
        text += part.text;
        break;
      case 'media':
        others.push(part);
        break;
      case 'file':
        others.push(fileAsText(part));
        break;
      case 'tool-call':
        others.push(`${part.name} ${JSON.stringify(part.arguments)}`);
        break;
      case 'tool-result':
        others.push(`${part.name} ${JSON.stringify(part.result)}`);
    }
  }
  return [...others, text];
}
