import { isDeepStrictEqual } from 'node:util';
import { checkPrunedReading } from './check-pruned-readings.ts';
import { isTerminal, joinTexts } from './check-replies.ts';
import type { Reading, SeenEvent } from './history.ts';
import type { LoggedEvent, SettledReply } from './settled-state.ts';
import type { Report, Violation } from './violation.ts';

/** Checks what one tab saw against the log: laws 1, 2, 3 and 9. */
export function checkReading(reading: Reading, replies: ReadonlyMap<string, SettledReply>): Violation[] {
  const violations: Violation[] = [];
  const generationId = reading.generationId ?? reading.events[0]?.generationId ?? null;
  const report: Report = (kind, detail) =>
    violations.push({ kind, generationId, detail: `${reading.tab}: ${detail}` });
  const reply = generationId === null ? undefined : replies.get(generationId);
  if (reading.end === 'starved') report('reader-starved', `nothing came any more after ${lastSeen(reading)}`);
  if (reading.end === 'gone' && reply?.isChatDeleted === false)
    report('lost-chat', 'a chat that is there was not found');
  if (generationId === null) return violations;
  if (reply === undefined) {
    report('event-not-in-log', 'the whole reply is gone');
    return violations;
  }
  checkEnd(reading, reply, report);
  if (reply.isPruned) {
    checkPrunedReading(reading, reply, report);
    return violations;
  }
  const log = new Map(reply.events.map((event) => [event.sequence, event]));
  let cursor = reading.after;
  for (const event of reading.events) {
    checkEvent(event, cursor, generationId, log, report);
    cursor = Math.max(cursor, event.sequence);
  }
  return violations;
}

function checkEvent(
  event: SeenEvent,
  cursor: number,
  generationId: string,
  log: ReadonlyMap<number, LoggedEvent>,
  report: Report,
): void {
  const { sequence, name } = event;
  if (event.generationId !== generationId) {
    return report('reader-of-another-reply', `it continued with ${event.generationId}`);
  }
  if (sequence <= cursor) return report('reader-repeat', `${sequence} came after ${cursor}`);
  if (name === 'snapshot') return report('snapshot-without-cause', `${sequence} came, and the log is there`);
  const logged = log.get(sequence);
  if (logged === undefined) return report('event-not-in-log', `${sequence} (${name}) was seen`);
  if (logged.name !== name)
    return report('event-changed', `${sequence} was ${name}, the log says ${logged.name}`);
  const merged: LoggedEvent[] = [];
  for (let each = cursor + 1; each <= sequence; each += 1) {
    const between = log.get(each);
    // A gap in the log itself is reported separately.
    if (between !== undefined) merged.push(between);
  }
  const text = name === 'delta' || name === 'thought' ? name : null;
  if (merged.some((between) => between !== logged && between.name !== text)) {
    return report('reader-gap', `${sequence} came after ${cursor}`);
  }
  if (text !== null) checkText(event, text, cursor, merged, logged, report);
  else if (!isSame(event.data, logged.data)) report('event-changed', `${sequence} (${name})`);
}

function checkText(
  event: SeenEvent,
  name: 'delta' | 'thought',
  cursor: number,
  merged: readonly LoggedEvent[],
  logged: LoggedEvent,
  report: Report,
): void {
  if (joinTexts([event], name) === joinTexts(merged, name)) return;
  const isAlone = merged.length > 1 && isSame(event.data, logged.data);
  if (isAlone) report('reader-gap', `${event.sequence} came after ${cursor}, and has only its own text`);
  else report('event-changed', `${event.sequence} (${name})`);
}

function checkEnd(reading: Reading, { events, lastSequence }: SettledReply, report: Report): void {
  const terminal = reading.events.findIndex(({ name }) => isTerminal(name));
  if (terminal !== -1 && terminal !== reading.events.length - 1) {
    report('reader-after-end', `${reading.events.length - terminal - 1} events came after the end`);
  }
  const hasAll = lastSeen(reading) >= (events.at(-1)?.sequence ?? lastSequence ?? 0);
  if (reading.end === 'ended' && terminal === -1) report('reader-without-end', 'its stream ended');
  if (reading.end === 'nothing-left' && !hasAll) checkLeftOver(reading, terminal !== -1, report);
}

/** Checks a tab that got a 204 although the log has events that the tab hasn't seen. */
function checkLeftOver(reading: Reading, hasSeenEnd: boolean, report: Report): void {
  const detail = `after ${lastSeen(reading)} it got a 204`;
  // The end had been seen then, by this tab or by the one it replaced.
  if (hasSeenEnd || reading.events.length === 0) report('end-moved', detail);
  else report('reader-without-end', detail);
}

function lastSeen({ events, after }: Reading): number {
  return events.at(-1)?.sequence ?? after;
}

function isSame(one: string, other: string): boolean {
  return one === other || isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}
