import { isEventName, parseData } from '@millrace/protocol';
import type { ChatEvent, MessagePart } from '@millrace/protocol';
import type { LoggedEvent } from './event-tail.ts';

/** Builds the parts of a message from its events (law 4). */
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
      // Other events are not part of the message.
    }
  }

  parts(): MessagePart[] {
    return this.#parts;
  }

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

/** Rebuilds the message from the events in the log. */
export function rebuildMessage(events: readonly LoggedEvent[]): MessageBuilder {
  const builder = new MessageBuilder();
  for (const { name, data } of events) if (isEventName(name)) builder.add(parseData(name, data));
  return builder;
}
