import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { EventJournal } from './event-journal.ts';

/** Generations looked at in one turn of the event loop. */
const LOOKED_AT_ONCE = 50;

interface PrunableRow {
  generation_id: string;
  created_at: number | null;
  ended_at: number | null;
  last_sequence: number | null;
}

/**
 * Deletes the events of generations that ended before an instant (ms), and what dead processes left in the journal.
 * @returns how many generations lost their events
 */
export async function pruneEvents(
  database: SqliteDatabase,
  journal: EventJournal,
  endedBefore: number,
): Promise<number> {
  database.atomically(() => tidyJournal(database, journal));
  let pruned = 0;
  let cursor: string | null = '';
  while (cursor !== null) {
    const from: string = cursor;
    const batch = database.atomically(() => pruneBatch(database, from, endedBefore));
    pruned += batch.count;
    cursor = batch.next;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return pruned;
}

/** Makes segments of logs whose writer died after their end, and deletes the rows that segments hold or nobody owns. */
function tidyJournal({ connection }: SqliteDatabase, journal: EventJournal): void {
  const ended = connection.prepare(
    "select distinct generation_id from event_journal where name in ('done', 'error')",
  );
  for (const { generation_id } of ended.all()) {
    const { base, events, segmented } = journal.load(String(generation_id), 0);
    const rest = events.slice(segmented - base);
    if (rest.length > 0) journal.writeSegment(String(generation_id), segmented + 1, rest);
  }
  connection.exec(`
    delete from event_journal where exists (
      select 1 from event_segments
      where event_segments.generation_id = event_journal.generation_id and last_sequence >= sequence
    ) or generation_id not in (select id from generations)`);
}

/** @returns how many lost their events, and the last generation looked at; null when nothing older is left */
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
  for (let looked = 0; looked < LOOKED_AT_ONCE; looked += 1) {
    const row = select.get(cursor) as PrunableRow | undefined;
    // Ids are in the order of time: what follows is younger still.
    if (row === undefined || (row.created_at ?? 0) >= endedBefore) return { count, next: null };
    cursor = row.generation_id;
    const isOrphan = row.created_at === null;
    // Without its last sequence the terminal event may still be owed, and would begin the log anew.
    const isOver = row.ended_at !== null && row.ended_at < endedBefore && row.last_sequence !== null;
    if (!isOrphan && !isOver) continue;
    remove.run(cursor);
    count += 1;
  }
  return { count, next: cursor };
}
