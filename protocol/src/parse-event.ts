import { parseEventId } from './event-id.ts';
import { isEventName } from './event-names.ts';
import type { ChatEvent, NumberedEvent } from './schemas/events.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** `unsupported_version`: the server speaks a newer version of the protocol, so the client must be updated. */
export type ProtocolErrorCode = 'invalid_event' | 'unsupported_version';

/** Thrown when a stream doesn't follow this version of the protocol. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(message: string, options?: ErrorOptions, code: ProtocolErrorCode = 'invalid_event') {
    super(message, options);
    this.code = code;
  }
}

/** The fields of one dispatched server-sent event. */
export interface RawEvent {
  id?: string | undefined;
  event?: string | undefined;
  data: string;
}

/**
 * Parses one server-sent event of a reply. Null for an unknown event, which readers skip.
 * @throws ProtocolError when the id or data is invalid, or the server's protocol is newer than this client's.
 */
export function parseEvent(raw: RawEvent): NumberedEvent | null {
  const name = raw.event ?? '';
  if (!isEventName(name)) return null;
  const id = parseEventId(raw.id ?? '');
  if (id === null) throw invalidId(raw);
  const event = parseData(name, raw.data);
  if (event.event === 'meta' && event.data.protocol > PROTOCOL_VERSION) {
    const message = `The server speaks a newer protocol, version ${event.data.protocol}`;
    throw new ProtocolError(message, {}, 'unsupported_version');
  }
  return { ...id, ...event };
}

export function invalidId({ event, id }: RawEvent): ProtocolError {
  return new ProtocolError(`The event "${event}" has no valid id: "${id}"`);
}

/**
 * Parses the data of a known event. Only checks that it is a JSON object, because the server is trusted.
 * @throws ProtocolError
 */
export function parseData(name: ChatEvent['event'], encoded: string): ChatEvent {
  return { event: name, data: parseObject(name, encoded) } as ChatEvent;
}

/** @throws ProtocolError */
export function parseObject(name: string, encoded: string): object {
  const problem = `The data of "${name}" is not a JSON object`;
  let data: unknown;
  try {
    data = JSON.parse(encoded);
  } catch (cause) {
    throw new ProtocolError(problem, { cause });
  }
  if (typeof data !== 'object' || data === null) throw new ProtocolError(problem);
  return data;
}
