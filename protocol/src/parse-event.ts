import { parseEventId } from './event-id.ts';
import { isEventName } from './event-names.ts';
import type { ChatEvent, NumberedEvent } from './schemas/events.ts';

/** Thrown when a stream carries something that isn't this protocol. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The fields of one dispatched server-sent event. */
export interface RawEvent {
  id?: string | undefined;
  event?: string | undefined;
  data: string;
}

/**
 * Types one server-sent event. Null for events this version doesn't know, which readers skip.
 * @throws ProtocolError when id or data aren't what the protocol says.
 */
export function parseEvent(raw: RawEvent): NumberedEvent | null {
  const name = raw.event ?? 'message';
  if (!isEventName(name)) return null;
  const id = parseEventId(raw.id ?? '');
  if (id === null) throw new ProtocolError(`The event "${name}" has no valid id: ${JSON.stringify(raw.id)}`);
  return { ...id, ...parseData(name, raw.data) };
}

/**
 * Types the data of a known event. Checks that it is a JSON object; its fields are the server's word.
 * @throws ProtocolError
 */
export function parseData(name: ChatEvent['event'], encoded: string): ChatEvent {
  return { event: name, data: parseObject(name, encoded) } as ChatEvent;
}

/** @throws ProtocolError */
export function parseObject(name: string, encoded: string): object {
  let data: unknown;
  try {
    data = JSON.parse(encoded);
  } catch (cause) {
    throw new ProtocolError(`The data of "${name}" is not JSON`, { cause });
  }
  if (typeof data !== 'object' || data === null) {
    throw new ProtocolError(`The data of "${name}" is not an object`);
  }
  return data;
}
