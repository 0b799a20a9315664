import type { ChannelEventName, DiagnosticEventName, EventName } from './event-names.ts';
import { formatEventId } from './event-id.ts';
import type { ChatEvent } from './schemas/events.ts';

const TEXT_HEAD = '{"text":';

/**
 * The `data` of an event: JSON on one line, because JSON.stringify escapes control characters such as CR and LF. It
 * escapes lone surrogates too, so the result is always valid Unicode.
 */
export function encodeData(event: ChatEvent): string {
  if (event.event === 'delta' || event.event === 'thought') {
    return TEXT_HEAD + JSON.stringify(event.data.text) + '}';
  }
  return JSON.stringify(event.data);
}

/** Whether events of this name may be merged with their neighbours of the same name. */
export function isMergeable(name: EventName | ChannelEventName | DiagnosticEventName): boolean {
  return name === 'delta' || name === 'thought';
}

/**
 * Merges the encoded data of consecutive `delta` (or `thought`) events by joining the escaped strings. An escape is
 * never split between two events, and parsing joins the halves of a surrogate pair.
 */
export function mergeData(encoded: readonly string[]): string {
  let merged = TEXT_HEAD + '"';
  for (const data of encoded) merged += data.slice(TEXT_HEAD.length + 1, -2);
  return merged + '"}';
}

/** One event as it is sent, with the blank line that ends it. */
export function encodeFrame(
  logId: string,
  sequence: number,
  name: EventName | ChannelEventName | DiagnosticEventName,
  encodedData: string,
): string {
  return `id: ${formatEventId(logId, sequence)}\nevent: ${name}\ndata: ${encodedData}\n\n`;
}

/** A comment, which readers ignore. It shows proxies and clients that the connection is alive. */
export const HEARTBEAT_FRAME = ': heartbeat\n\n';
