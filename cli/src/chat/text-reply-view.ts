import type { ConnectionState } from '@millrace/client';
import { messageText } from '@millrace/protocol';
import type { EventData, Message, NumberedEvent } from '@millrace/protocol';
import { styled } from '../output/output.ts';
import type { Style } from '../output/output.ts';
import { plainLine, plainText } from '../output/plain-text.ts';
import type { ReplyView } from './reply-view.ts';

/**
 * Writes the text to stdout, and everything else (thoughts, notices, cost) to stderr. A terminal shows both, so text and notes get
 * lines of their own there. A file or a pipe gets exactly the text, with a line end after it.
 */
export class TextReplyView implements ReplyView {
  readonly #url: string;
  /** The text that was shown so far. */
  #text = '';
  /** Whether stdout, and stderr, are in the middle of a line. */
  #isTextOpen = false;
  #isThoughtOpen = false;

  /** @param url the server's URL, to which the URLs of images are relative */
  constructor(url: string) {
    this.#url = url;
  }

  show({ event, data }: NumberedEvent): void {
    switch (event) {
      case 'meta':
      case 'media':
      case 'source':
      case 'usage':
        return;
      case 'delta':
        return this.#showText(data.text);
      case 'thought':
        return this.#showThought(data.text);
      case 'notice':
        return this.#note(data.message);
      case 'snapshot':
        return this.#replace(messageText(data.message));
      case 'done':
        return this.#end(data.message, summaryOf(data));
      case 'error':
        return this.#end(data.partial, null);
    }
  }

  connectionChanged(state: ConnectionState): void {
    this.#note(state === 'open' ? 'connected again' : 'reconnecting…');
  }

  #showText(text: string): void {
    if (text === '') return;
    this.#text += text;
    this.#endThought();
    write(process.stdout, text);
    this.#isTextOpen = !text.endsWith('\n');
  }

  #showThought(text: string): void {
    if (text === '') return;
    this.#makeRoomForNotes();
    write(process.stderr, text, 'dim');
    this.#isThoughtOpen = !text.endsWith('\n');
  }

  /** Handles a snapshot, which has the whole text instead of the events that were missed. */
  #replace(text: string): void {
    if (text.startsWith(this.#text)) return this.#showText(text.slice(this.#text.length));
    this.#endText();
    this.#note('The reply from its beginning:');
    this.#text = '';
    this.#showText(text);
  }

  #end(message: Message, summary: string | null): void {
    const { parts } = message;
    const sources = parts.filter((part) => part.type === 'source');
    const images = parts.filter((part) => part.type === 'media');
    for (const { title, url } of sources) this.#note(`source: ${title}${title === '' ? '' : ' – '}${url}`);
    for (const { mimeType, width, height, url } of images) {
      const size = width === null || height === null ? '' : ` ${width}×${height}`;
      this.#note(`image: ${mimeType}${size} ${this.#url}${url}`);
    }
    if (summary !== null) this.#note(summary);
    this.#endThought();
    this.#endText();
  }

  /** Writes a separate line to stderr. */
  #note(line: string): void {
    this.#makeRoomForNotes();
    this.#endThought();
    write(process.stderr, `${plainLine(line)}\n`, 'dim');
  }

  #makeRoomForNotes(): void {
    if (process.stdout.isTTY) this.#endText();
  }

  #endText(): void {
    if (this.#isTextOpen) process.stdout.write('\n');
    this.#isTextOpen = false;
  }

  #endThought(): void {
    if (this.#isThoughtOpen) process.stderr.write('\n');
    this.#isThoughtOpen = false;
  }
}

/** Removes control characters for a terminal, which would obey them. A file or a pipe gets the text unchanged. */
function write(stream: NodeJS.WriteStream, text: string, style?: Style): void {
  const shown = stream.isTTY ? plainText(text) : text;
  stream.write(style === undefined ? shown : styled(style, shown, stream));
}

/** The model, tokens and cost of a reply, on one line. */
function summaryOf({ status, message, tokensUsed, costMicros, usageSource }: EventData['done']): string {
  if (message.cached) return 'from the cache, free';
  const facts = [
    ...(status === 'stopped' ? ['stopped'] : []),
    ...(message.model === null ? [] : [message.model]),
    `${usageSource === 'estimate' ? 'about ' : ''}${tokensUsed} tokens`,
    ...(costMicros === null ? [] : [`$${(costMicros / 1e6).toFixed(6)}`]),
  ];
  return facts.join(' · ');
}
