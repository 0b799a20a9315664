import { checkReading } from './check-readings.ts';
import { checkReply } from './check-replies.ts';
import type { History } from './history.ts';
import { keyOf, settledStateOf } from './settled-state.ts';
import type { SettledState } from './settled-state.ts';
import type { SettledTables } from './settled-tables.ts';
import type { Violation } from './violation.ts';

/** Compares what clients saw with what a server's database holds, once everything has settled. */
export function check(tables: SettledTables, history: History): Violation[] {
  const state = settledStateOf(tables, history);
  return [
    ...[...state.replies.values()].flatMap(checkReply),
    ...history.readings.flatMap((reading) => checkReading(reading, state.replies)),
    ...checkStops(state, history),
    ...checkKeys(state, history),
    ...checkRefusals(history),
  ];
}

/** Law 5: an answered stop has ended the reply for good, with the status in its answer, and the reply is charged. */
function checkStops({ replies }: SettledState, { stops }: History): Violation[] {
  const violations: Violation[] = [];
  for (const { generationId, status } of stops) {
    const reply = replies.get(generationId);
    if (status === 'running' || reply?.status !== status) {
      const detail = `the stop was answered ${status}; it is ${reply?.status}`;
      violations.push({ kind: 'stop-without-end', generationId, detail });
    }
  }
  for (const reply of replies.values()) {
    const isCharged = reply.ledger.some(({ kind, tokens }) => kind === 'charge' && tokens > 0);
    if (reply.status === 'stopped' && !isCharged) {
      violations.push({ kind: 'stop-without-charge', generationId: reply.id, detail: 'nothing was charged' });
    }
  }
  return violations;
}

/** Law 8: an idempotency key has one reply, however often it is sent. All requests have keys, so each reply has one. */
function checkKeys({ replies, made }: SettledState, { readings }: History): Violation[] {
  const violations: Violation[] = [];
  const seen = new Map<string, Set<string>>();
  for (const { userId, key, events } of readings) {
    const generationId = events[0]?.generationId;
    if (key === null || generationId === undefined) continue;
    const id = keyOf(userId, key);
    const noted = made.get(id);
    const ids = seen.get(id) ?? new Set(noted === undefined ? [] : [noted]);
    seen.set(id, ids.add(generationId));
  }
  for (const [key, ids] of seen) {
    if (ids.size === 1) continue;
    const detail = `${key} gave ${[...ids].join(', ')}`;
    violations.push({ kind: 'key-with-several-replies', generationId: null, detail });
  }
  const known = new Set(made.values());
  for (const { id } of replies.values()) {
    if (known.has(id)) continue;
    violations.push({ kind: 'reply-without-key', generationId: id, detail: 'no request started it' });
  }
  return violations;
}

function checkRefusals({ refusals }: History): Violation[] {
  return refusals.map(({ request, status, code, detail }) => ({
    kind: code === 'cursor_ahead' ? 'cursor-taken-back' : 'refused',
    generationId: null,
    detail: `${request}: ${status} ${code}, ${detail}`,
  }));
}
