import { isEventName, parseData } from '@millrace/protocol';
import type { ChatEvent, MessagePart } from '@millrace/protocol';
import type { LoggedEvent } from './event-tail.ts';

/** Folds events into the parts of the message they make (law 4). */
export class MessageBuilder {
  readonly #parts: MessagePart[] = [];

  add(event: ChatEvent): void {
    switch (event.event) {
      case 'delta':
        return this.#addText('text', event.data.text);
      case 'thought':
        return this.#addText('thought', event.data.text);
      case 'media':
      case 'source':
        this.#parts.push({ type: event.event, ...event.data } as MessagePart);
        return;
      default:
      // The others say something about the reply and are no part of it.
    }
  }

  parts(): MessagePart[] {
    return this.#parts;
  }

  /** All text of one kind, joined. */
  text(type: 'text' | 'thought'): string {
    let joined = '';
    for (const part of this.#parts) if (part.type === type) joined += part.text;
    return joined;
  }

  #addText(type: 'text' | 'thought', text: string): void {
    const last = this.#parts.at(-1);
    if (last?.type === type) last.text += text;
    else this.#parts.push({ type, text });
  }
}

/** The message as far as the log has it. */
export function rebuildMessage(events: readonly LoggedEvent[]): MessageBuilder {
  const builder = new MessageBuilder();
  for (const { name, data } of events) if (isEventName(name)) builder.add(parseData(name, data));
  return builder;
}
