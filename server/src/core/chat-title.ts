import { messageText } from '@millrace/protocol';
import type { MessagePart } from '@millrace/protocol';
import { withoutInvisible } from '@millrace/protocol/requests';

const MAX_DEFAULT_TITLE_CHARS = 60;

/** The default title of a chat: the start of its first message, or the name of the file attached to it. */
export function titleFromQuestion(parts: MessagePart[]): string {
  const text = lineOf(messageText({ parts }));
  if (text !== '') return cutAtWord(text);
  const names = parts.map((part) => ('name' in part ? part.name : undefined));
  return cutAtWord(names.find((name) => name !== undefined) ?? '');
}

/** The title in a model's reply; null when there is none. */
export function titleFromReply(reply: string): string | null {
  const line = reply
    .split('\n')
    .map(lineOf)
    .find((each) => each !== '');
  const bare = (line ?? '')
    .replace(/^[#*\s]*(?:title\s*:)?/iu, '')
    .replaceAll(/^["'“”‘’„«»*_`\s]+|["'“”‘’«»*_`\s.]+$/gu, '');
  return bare === '' ? null : cutAtWord(bare);
}

function lineOf(text: string): string {
  return withoutInvisible(text.replaceAll(/\s+/gu, ' ')).trim();
}

function cutAtWord(line: string): string {
  if (line.length <= MAX_DEFAULT_TITLE_CHARS) return line;
  const cut = line.slice(0, MAX_DEFAULT_TITLE_CHARS + 1);
  const lastSpace = cut.lastIndexOf(' ');
  const end = lastSpace > MAX_DEFAULT_TITLE_CHARS / 2 ? lastSpace : MAX_DEFAULT_TITLE_CHARS;
  // Never inside a surrogate pair.
  return `${cut.slice(0, end).replace(/[\ud800-\udbff]$/, '')}…`;
}
