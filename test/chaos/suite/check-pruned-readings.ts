import { isDeepStrictEqual } from 'node:util';
import { isTerminal, joinTexts, reportedBy } from './check-replies.ts';
import type { Reading, SeenEvent } from './history.ts';
import { textOf } from './settled-state.ts';
import type { Part, SettledReply } from './settled-state.ts';
import type { Report } from './violation.ts';

/** Compares what a tab saw of a reply whose events were pruned with the stored message. */
export function checkPrunedReading(reading: Reading, reply: SettledReply, report: Report): void {
  let cursor = reading.after;
  for (const event of reading.events) {
    const { sequence, name, generationId } = event;
    if (generationId !== reply.id) report('reader-of-another-reply', `it continued with ${generationId}`);
    if (sequence <= cursor) report('reader-repeat', `${sequence} (${name}) came after ${cursor}`);
    if (sequence > (reply.lastSequence ?? 0)) report('event-not-in-log', `${sequence} (${name}) was seen`);
    cursor = Math.max(cursor, sequence);
    if (isTerminal(name)) checkTerminal(event, reply, report);
    if (name === 'snapshot') checkSnapshot(event, reply, report);
  }
  for (const [name, type] of [
    ['delta', 'text'],
    ['thought', 'thought'],
  ] as const) {
    checkText(reading, name, textOf(reply.parts, type), report);
  }
}

function checkTerminal(
  event: SeenEvent,
  { status, parts, lastSequence }: SettledReply,
  report: Report,
): void {
  const reported = reportedBy(event);
  const contradiction = `it received ${reported.status} at ${event.sequence}; it is ${status} and ends at ${lastSequence}`;
  if (reported.status !== status) report('status-contradicted', contradiction);
  else if (event.sequence !== lastSequence) report('end-moved', contradiction);
  if (!isDeepStrictEqual(reported.parts, parts))
    report('text-not-stored', 'its terminal event has another message');
}

function checkSnapshot({ data }: SeenEvent, { messageId, parts }: SettledReply, report: Report): void {
  const { message } = JSON.parse(data) as { message: { id: string; parts: Part[] } };
  if (message.id !== messageId || !isDeepStrictEqual(message.parts, parts)) {
    report('snapshot-is-not-the-message', 'its snapshot differs from the stored message');
  }
}

/** The deltas that it saw are the start of the stored text, or the part after its first cursor; up to the end, unless a snapshot came. */
function checkText(
  { events, after }: Reading,
  name: 'delta' | 'thought',
  stored: string,
  report: Report,
): void {
  const seen = joinTexts(events, name);
  const hasEnd = events.some((event) => isTerminal(event.name));
  const isWhole = hasEnd && events.every((event) => event.name !== 'snapshot');
  if (after === 0 ? isFromStart(seen, stored, isWhole) : isFromInside(seen, stored, isWhole)) return;
  const kind = isSubsequence(seen, stored) ? 'reader-gap' : 'event-changed';
  report(
    kind,
    `${seen.length} received characters of ${name} don't match the ${stored.length} stored characters`,
  );
}

function isFromStart(seen: string, stored: string, isWhole: boolean): boolean {
  return isWhole ? seen === stored : stored.startsWith(seen);
}

function isFromInside(seen: string, stored: string, isWhole: boolean): boolean {
  return isWhole ? stored.endsWith(seen) : stored.includes(seen);
}

/** Whether a text is another one with pieces missing. */
function isSubsequence(text: string, whole: string): boolean {
  let from = 0;
  for (const character of text) {
    const at = whole.indexOf(character, from);
    if (at === -1) return false;
    from = at + character.length;
  }
  return true;
}
