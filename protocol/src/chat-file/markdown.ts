import type { Message, MessagePart } from '../schemas/message.ts';
import type { ChatDocument } from '../schemas/chat-file.ts';

/** A chat to be read: its newest branch, from the first message on. */
export function toMarkdown({ chat, messages, media, exportedAt }: ChatDocument): string {
  const path = newestPath(messages);
  const others = messages.filter(({ role }) => role !== 'system').length - path.length;
  const fileOf = new Map(media.flatMap(({ url, file }) => (file === undefined ? [] : [[url, file]])));
  const about = [
    `Exported ${exportedAt}`,
    ...(others === 0 ? [] : [`${others} messages of other branches left out`]),
  ];
  const texts = path.map((message) => section(message, fileOf));
  return `# ${(chat.title ?? 'Chat').replaceAll('\n', ' ')}\n\n*${about.join(' · ')}*\n${texts.join('')}`;
}

/** From the newest message up. Summaries are the model's, and nobody's branch. */
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
  const who = role === 'user' ? 'You' : (model ?? 'Assistant');
  // What goes on with a reply is one with it.
  const head = continues === null ? `\n## ${who} · ${createdAt.slice(0, 16).replace('T', ' ')}\n\n` : '';
  const ended = status === 'completed' ? '' : `\n*${status}*\n`;
  const sources = parts.filter((part) => part.type === 'source');
  const list = sources.map(
    ({ title, url }) => `- [${(title || url).replaceAll(/[[\]\n]/g, ' ')}](<${addressIn(url)}>)\n`,
  );
  const text = parts.map((part) => partText(part, fileOf)).join('');
  return `${head}${text}\n${list.length === 0 ? '' : `\nSources:\n\n${list.join('')}`}${ended}`;
}

/** Between angle brackets nothing of it may end them. */
function addressIn(url: string): string {
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
