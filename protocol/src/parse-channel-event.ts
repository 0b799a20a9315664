import { parseChannelEventId } from './event-id.ts';
import { isChannelEventName } from './event-names.ts';
import type { ChannelEvent } from './schemas/events.ts';
import { parseObject, ProtocolError } from './parse-event.ts';
import type { RawEvent } from './parse-event.ts';

export interface NumberedChannelEvent {
  sequence: number;
  /** Null for an event this version doesn't know: readers skip it, but its number counts. */
  event: ChannelEvent | null;
}

/**
 * Types one server-sent event of a chat's channel.
 * @throws ProtocolError when id or data aren't what the protocol says.
 */
export function parseChannelEvent(raw: RawEvent): NumberedChannelEvent {
  const sequence = parseChannelEventId(raw.id ?? '');
  if (sequence === null) {
    throw new ProtocolError(`The event "${raw.event}" has no valid id: ${JSON.stringify(raw.id)}`);
  }
  const name = raw.event ?? '';
  if (!isChannelEventName(name)) return { sequence, event: null };
  return { sequence, event: { event: name, data: parseObject(name, raw.data) } as ChannelEvent };
}
