import { parseChannelEventId } from './event-id.ts';
import { isChannelEventName } from './event-names.ts';
import type { ChannelEvent } from './schemas/events.ts';
import { invalidId, parseObject } from './parse-event.ts';
import type { RawEvent } from './parse-event.ts';

export interface NumberedChannelEvent {
  sequence: number;
  /** Null for an unknown event: readers skip it, but its number counts. */
  event: ChannelEvent | null;
}

/**
 * Parses one server-sent event of a chat's channel.
 * @throws ProtocolError when the id or data is invalid.
 */
export function parseChannelEvent(raw: RawEvent): NumberedChannelEvent {
  const sequence = parseChannelEventId(raw.id ?? '');
  if (sequence === null) throw invalidId(raw);
  const name = raw.event ?? '';
  if (!isChannelEventName(name)) return { sequence, event: null };
  return { sequence, event: { event: name, data: parseObject(name, raw.data) } as ChannelEvent };
}
