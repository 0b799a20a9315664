import type { RedisRestart } from './history.ts';
import { INHERITED_WITHIN } from './settled-state.ts';
import type { SettledTables } from './settled-tables.ts';
import type { Violation, ViolationKind } from './violation.ts';

/** A node's end, and what of its replies was in Redis alone, may be that far from the loss of Redis (ms). */
const BEFORE_LOSS = 5000;
const AFTER_LOSS = 3000;

/** Numbers of a log that may have lost some go on beyond that. */
const FAR_AHEAD = 1_000_000;

/** What a reader may find who had seen what was lost. */
const SUSPENDED: ReadonlySet<ViolationKind> = new Set([
  'event-not-in-log',
  'event-changed',
  'hole-in-log',
  'reader-gap',
  'reader-repeat',
  'snapshot-without-cause',
  'text-not-kept',
  'end-moved',
]);

/**
 * Sets apart what may be: laws 1 and 3 are suspended for replies whose node and whose events in Redis were lost together, and
 * which have ended as interrupted for that, or had ended just before.
 * @param restarts of Redis, each of which may have lost the last second
 * @param deaths of nodes (Unix ms)
 */
export function partSuspended(
  violations: readonly Violation[],
  { replies }: SettledTables,
  restarts: readonly RedisRestart[],
  deaths: readonly number[],
): { suspended: number; violations: Violation[] } {
  const together = restarts.flatMap(({ from, to }) =>
    deaths
      .filter((death) => death >= from - BEFORE_LOSS && death <= to + AFTER_LOSS)
      .map((death) => ({
        from: Math.min(from, death) - BEFORE_LOSS,
        to: Math.max(to, death) + INHERITED_WITHIN,
      })),
  );
  const mayHaveLost = new Set(
    replies
      .filter(({ status, ended_at, last_sequence }) => {
        const endedAt = ended_at ?? 0;
        const hasLost = status === 'interrupted' || (last_sequence ?? 0) > FAR_AHEAD;
        return hasLost && together.some(({ from, to }) => endedAt >= from && endedAt <= to);
      })
      .map(({ id }) => id),
  );
  const isSuspended = ({ kind, generationId }: Violation) =>
    SUSPENDED.has(kind) && generationId !== null && mayHaveLost.has(generationId);
  return {
    suspended: new Set(violations.filter(isSuspended).map(({ generationId }) => generationId)).size,
    violations: violations.filter((violation) => !isSuspended(violation)),
  };
}
