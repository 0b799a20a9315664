import type { Message, MessagePart } from '../schemas/message.ts';
import type { ChatDocument } from '../schemas/chat-file.ts';

/** The newest branch of a chat as Markdown. */
export function toMarkdown({ chat, messages, media, exportedAt }: ChatDocument): string {
  const path = newestPath(messages);
  const omittedCount = messages.filter(({ role }) => role !== 'system').length - path.length;
  const fileOf = new Map(media.flatMap(({ url, file }) => (file === undefined ? [] : [[url, file]])));
  const details = [
    `Exported ${exportedAt}`,
    ...(omittedCount === 0 ? [] : [`${omittedCount} messages of other branches left out`]),
  ];
  const texts = path.map((message) => section(message, fileOf));
  return `# ${(chat.title ?? 'Chat').replaceAll('\n', ' ')}\n\n*${details.join(' · ')}*\n${texts.join('')}`;
}

/** The path to the newest message. Summaries belong to no branch. */
function newestPath(messages: readonly Message[]): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const path: Message[] = [];
  let message = messages.findLast(({ role }) => role !== 'system');
  while (message !== undefined) {
    path.unshift(message);
    message = message.parentId === null ? undefined : byId.get(message.parentId);
  }
  return path;
}

function section(message: Message, fileOf: ReadonlyMap<string, string>): string {
  const { role, model, status, continues, createdAt, parts } = message;
  const author = role === 'user' ? 'You' : (model ?? 'Assistant');
  // A continuation is shown as part of the reply it continues.
  const heading =
    continues === null ? `\n## ${author} · ${createdAt.slice(0, 16).replace('T', ' ')}\n\n` : '';
  const statusLine = status === 'completed' ? '' : `\n*${status}*\n`;
  const sources = parts.filter((part) => part.type === 'source');
  const list = sources.map(
    ({ title, url }) => `- [${(title || url).replaceAll(/[[\]\n]/g, ' ')}](<${escapeUrl(url)}>)\n`,
  );
  const text = parts.map((part) => partText(part, fileOf)).join('');
  return `${heading}${text}\n${list.length === 0 ? '' : `\nSources:\n\n${list.join('')}`}${statusLine}`;
}

/** Escapes the characters that would end a URL in angle brackets. */
function escapeUrl(url: string): string {
  return url.replaceAll(/[<>\s]/g, encodeURIComponent);
}

function partText(part: MessagePart, fileOf: ReadonlyMap<string, string>): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'thought':
      return `<details><summary>Thoughts</summary>\n\n${part.text}\n\n</details>\n\n`;
    case 'media': {
      const file = fileOf.get(part.url);
      return file === undefined ? '\n*[An image]*\n' : `\n![An image](<${file}>)\n`;
    }
    case 'file': {
      const file = fileOf.get(part.url);
      const name = part.name.replaceAll(/[[\]\n]/g, ' ');
      return file === undefined ? `*[${name}]*\n\n` : `[${name}](<${file}>)\n\n`;
    }
    case 'source':
      return '';
  }
}
