import type { MessagePart } from '@millrace/protocol';
import { textOf } from './message-text.ts';

/** In UTF-16 units. */
const LENGTH = 60;

/** What a chat is called by its first question, as long as it has no title: its beginning, or the name of what came with it. */
export function titleFromQuestion(parts: MessagePart[]): string {
  const text = textOf({ parts }).trim();
  if (text !== '') return cutAtWord(text.replaceAll(/\s+/gu, ' '));
  const names = parts.map((part) => ('name' in part ? part.name : undefined));
  return cutAtWord(names.find((name) => name !== undefined) ?? '');
}

/** The title in what a model said when it was asked for one; null when there is none. */
export function titleFromReply(said: string): string | null {
  const line = said
    .split('\n')
    .map((each) => each.trim())
    .find((each) => each !== '');
  const bare = (line ?? '')
    .replace(/^[#*\s]*(?:title\s*:)?/iu, '')
    .replaceAll(/^["'“”‘’„«»*_`\s]+|["'“”‘’«»*_`\s.]+$/gu, '')
    .replaceAll(/\s+/gu, ' ');
  return bare === '' ? null : cutAtWord(bare);
}

function cutAtWord(line: string): string {
  if (line.length <= LENGTH) return line;
  const cut = line.slice(0, LENGTH + 1);
  const lastSpace = cut.lastIndexOf(' ');
  const end = lastSpace > LENGTH / 2 ? lastSpace : LENGTH;
  // Never cut through a surrogate pair.
  return `${cut.slice(0, end).replace(/[\ud800-\udbff]$/, '')}…`;
}
