import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { EventJournal } from './event-journal.ts';

/** Generations checked in one turn of the event loop. */
const MAX_GENERATIONS_PER_TURN = 50;

interface PrunableRow {
  generation_id: string;
  created_at: number | null;
  ended_at: number | null;
  last_sequence: number | null;
}

/**
 * Deletes the events of generations that ended before an instant (ms), and the rows of dead processes in the journal.
 * @returns the number of generations whose events were deleted
 */
export async function pruneEvents(
  database: SqliteDatabase,
  journal: EventJournal,
  endedBefore: number,
): Promise<number> {
  database.atomically(() => tidyJournal(database, journal));
  let prunedCount = 0;
  let cursor: string | null = '';
  while (cursor !== null) {
    const from: string = cursor;
    const batch = database.atomically(() => pruneBatch(database, from, endedBefore));
    prunedCount += batch.count;
    cursor = batch.next;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return prunedCount;
}

/** Compacts ended logs whose writer died, and deletes journal rows that segments hold or whose generation is gone. */
function tidyJournal({ connection }: SqliteDatabase, journal: EventJournal): void {
  const ended = connection.prepare(
    "select distinct generation_id from event_journal where name in ('done', 'error')",
  );
  for (const { generation_id } of ended.all()) {
    const { base, records, segmentedTo } = journal.load(String(generation_id), 0);
    const uncompacted = records.slice(segmentedTo - base);
    if (uncompacted.length > 0) journal.writeSegment(String(generation_id), segmentedTo + 1, uncompacted);
  }
  connection.exec(`
    delete from event_journal where exists (
      select 1 from event_segments
      where event_segments.generation_id = event_journal.generation_id and last_sequence >= sequence
    ) or generation_id not in (select id from generations)`);
}

/** @returns the number of pruned generations, and the last one checked; null when all others are too young */
function pruneBatch(
  { connection }: SqliteDatabase,
  after: string,
  endedBefore: number,
): { count: number; next: string | null } {
  const select = connection.prepare(`
    select event_segments.generation_id, generations.created_at, generations.ended_at, generations.last_sequence
    from event_segments left join generations on generations.id = event_segments.generation_id
    where event_segments.generation_id > ? order by event_segments.generation_id limit 1`);
  const remove = connection.prepare('delete from event_segments where generation_id = ?');
  let cursor = after;
  let count = 0;
  for (let checked = 0; checked < MAX_GENERATIONS_PER_TURN; checked += 1) {
    const row = select.get(cursor) as PrunableRow | undefined;
    // Ids are in the order of creation: all that follow are younger.
    if (row === undefined || (row.created_at ?? 0) >= endedBefore) return { count, next: null };
    cursor = row.generation_id;
    const isOrphan = row.created_at === null;
    // Without a last sequence the terminal event may not be written yet, and would restart the log at 1.
    const isComplete = row.ended_at !== null && row.ended_at < endedBefore && row.last_sequence !== null;
    if (!isOrphan && !isComplete) continue;
    remove.run(cursor);
    count += 1;
  }
  return { count, next: cursor };
}
