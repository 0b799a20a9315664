import type { ChannelEventName, DiagnosticEventName, EventName } from './event-names.ts';
import { formatEventId } from './event-id.ts';
import type { ChatEvent } from './schemas/events.ts';

const TEXT_HEAD = '{"text":';

/**
 * The `data` of an event: JSON on one line, since JSON.stringify escapes every control character, CR and LF
 * among them. Lone surrogates come out as escapes, so the result is always valid Unicode.
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
 * Merges the encoded data of consecutive `delta` (or `thought`) events. The escaped strings are joined as they
 * are: escapes never reach across a cut, and two halves of a surrogate pair make the pair again when parsed.
 */
export function mergeData(encoded: readonly string[]): string {
  let merged = TEXT_HEAD + '"';
  for (const data of encoded) merged += data.slice(TEXT_HEAD.length + 1, -2);
  return merged + '"}';
}

/** One event as it goes over the wire, with the blank line that dispatches it. */
export function encodeFrame(
  logId: string,
  sequence: number,
  name: EventName | ChannelEventName | DiagnosticEventName,
  encodedData: string,
): string {
  return `id: ${formatEventId(logId, sequence)}\nevent: ${name}\ndata: ${encodedData}\n\n`;
}

/** A comment line: readers skip it, proxies and browsers see that the connection lives. */
export const HEARTBEAT_FRAME = ': heartbeat\n\n';
