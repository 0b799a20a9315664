import type { History, Reading, RedisRestart } from './history.ts';
import { FAR_AHEAD, TAKEN_OVER_WITHIN, textOf } from './settled-state.ts';
import type { Part } from './settled-state.ts';
import type { SettledTables } from './settled-tables.ts';
import type { Violation, ViolationKind } from './violation.ts';

/**
 * The replies of a node that ended less than this before Redis may not have a new owner yet. A node that ended less than this
 * after the restart of Redis may not have restored yet what Redis lost (ms).
 */
const BEFORE_LOSS = 5000;
const AFTER_LOSS = 3000;
/**
 * Only the last second of a reply is in Redis alone and can be lost with it, in a run in which PostgreSQL is away for
 * as long, and links stall for as long (ms). See test/cluster/lost-with-redis.test.ts for where nothing else happens.
 */
const MAX_LOST_MS = 6000;

/** The violations that a reader of lost events can see. */
const SUSPENDED: ReadonlySet<ViolationKind> = new Set([
  'event-changed',
  'reader-gap',
  'end-moved',
  'text-not-stored',
  'reader-after-end',
]);

export interface Suspended {
  /** The number of replies that lost seen events. */
  replies: number;
  /** How long before the end of the node or of Redis the earliest lost event was seen (ms). */
  lostMs: number;
  /** The violations that are not excused. */
  violations: Violation[];
}

/**
 * Excuses permitted losses: laws 1 and 3 are suspended for events seen shortly before the end of Redis, if the node of the reply
 * ended together with it, and if the sequence numbers show the loss.
 * @param processEndTimes of nodes (Unix ms)
 */
export function partSuspended(
  violations: readonly Violation[],
  { replies }: Pick<SettledTables, 'replies'>,
  { readings, redisRestarts }: Pick<History, 'readings' | 'redisRestarts'>,
  processEndTimes: readonly number[],
): Suspended {
  const together = lossesTogether(redisRestarts, processEndTimes);
  const mayHaveLost = new Map<string, SettledTables['replies'][number]>();
  const left: Violation[] = [];
  for (const reply of replies) {
    const endedAt = reply.ended_at ?? 0;
    if ((reply.last_sequence ?? 0) <= FAR_AHEAD) continue;
    if (together.some(({ from, to }) => endedAt >= from && endedAt <= to)) mayHaveLost.set(reply.id, reply);
    else left.push({ kind: 'given-up', generationId: reply.id, detail: 'none of its events were lost' });
  }
  const isSuspended = ({ kind, generationId }: Violation) =>
    SUSPENDED.has(kind) && generationId !== null && mayHaveLost.has(generationId);
  const suspended = violations.filter(isSuspended);
  left.push(...violations.filter((violation) => !isSuspended(violation)));
  let lostMs = 0;
  for (const reading of readings) {
    const reply = mayHaveLost.get(reading.events[0]?.generationId ?? '');
    if (reply === undefined) continue;
    const lost = lostOf(reading, JSON.parse(reply.parts), redisRestarts, processEndTimes);
    if (lost > MAX_LOST_MS) {
      const detail = `${reading.tab}: it saw lost events ${lost} ms before the loss`;
      left.push({ kind: 'lost-too-much', generationId: reply.id, detail });
    }
    lostMs = Math.max(lostMs, lost);
  }
  return {
    replies: new Set(suspended.map(({ generationId }) => generationId)).size,
    lostMs,
    violations: left,
  };
}

/** The periods in which Redis and a node may have ended together (Unix ms). */
function lossesTogether(restarts: readonly RedisRestart[], processEndTimes: readonly number[]) {
  return restarts.flatMap(({ from, to }) =>
    processEndTimes
      .filter((endTime) => endTime >= from - BEFORE_LOSS && endTime <= to + AFTER_LOSS)
      .map((endTime) => ({
        from: Math.min(from, endTime) - BEFORE_LOSS,
        to: Math.max(to, endTime) + TAKEN_OVER_WITHIN,
      })),
  );
}

/**
 * How long before the end of Redis, or of the node that saves to PostgreSQL, the first text arrived that isn't stored (ms). A
 * reader that began in the middle can't be compared.
 */
function lostOf(
  { after, events }: Reading,
  stored: readonly Part[],
  restarts: readonly RedisRestart[],
  processEndTimes: readonly number[],
): number {
  if (after > 0) return 0;
  const { length } = textOf(stored, 'text');
  let streamedChars = 0;
  for (const { name, data, at } of events) {
    if (name !== 'delta') continue;
    streamedChars += (JSON.parse(data) as { text: string }).text.length;
    if (streamedChars <= length) continue;
    const restart = restarts.find(({ to }) => to >= at);
    if (restart === undefined) return Infinity;
    const endTime = processEndTimes.find((each) => each >= at) ?? Infinity;
    return Math.max(0, Math.min(restart.from, endTime) - at);
  }
  return 0;
}
