import { LeaseLostError } from '../../../core/errors.ts';
import type { EventTail } from '../../../core/event-tail.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import { decodeSegment, encodeSegment, joinSegments } from '../event-segment.ts';
import type { EventSegment, LoadedRecords } from '../event-segment.ts';
import type { Cursor } from '../followed-tails.ts';

/** Consecutive records of one log, and the node that wrote them. */
export interface NewSegment extends EventSegment {
  generationId: string;
  nodeId: string;
  lastSequence: number;
}

/** An ended log, and the node whose lease its writer needed. */
export interface EndedLog {
  tail: EventTail;
  nodeId: string;
}

/** The row lock orders this statement and the one that ends the node's lease. Existing rows are not changed. */
const INSERT = `
  with fence as materialized (select id from nodes where id = any($1::text[]) for key share),
  written as (
    insert into event_segments (generation_id, first_sequence, last_sequence, events)
    select generation_id, first_sequence, last_sequence, events
    from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
      as new(node_id, generation_id, first_sequence, last_sequence, events)
    where node_id in (select id from fence)
    on conflict do nothing
  )
  select id, (select count(pg_notify($7, payload)) from unnest($8::text[]) as news(payload)) from fence`;

/** Ordered by the first sequence: a segment that was saved late may lie within another one, and must come after it. */
const SELECT = `
  select generation_id, first_sequence, events
  from unnest($1::text[], $2::bigint[]) as wanted(id, after)
  join event_segments on generation_id = wanted.id and last_sequence >= least(wanted.after,
    (select max(last_sequence) from event_segments where generation_id = wanted.id))
  order by generation_id, first_sequence`;

const MERGE = `
  with fence as materialized (select id from nodes where id = any($1::text[]) for key share),
  merged as (
    select generation_id, first_sequence, last_sequence, events
    from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
      as merged(node_id, generation_id, first_sequence, last_sequence, events)
    where node_id in (select id from fence)
  ), deleted as (
    delete from event_segments using merged
    where event_segments.generation_id = merged.generation_id and event_segments.last_sequence < merged.last_sequence
  ), inserted as (
    insert into event_segments (generation_id, first_sequence, last_sequence, events) select * from merged
    on conflict (generation_id, last_sequence)
      do update set first_sequence = excluded.first_sequence, events = excluded.events
  )
  select id from fence`;

const DELETE = `
  with fence as materialized (select id from nodes where id = $2 for key share),
  deleted as (delete from event_segments where generation_id = $1 and exists (select from fence))
  select id from fence`;

/** Without a last sequence the terminal event may not be written yet, and would restart the log at 1. */
const PRUNE = `
  with old as (
    select distinct generation_id from event_segments left join generations on id = generation_id
    where id is null or (ended_at < $1 and generations.last_sequence is not null)
    limit $2
  ), deleted as (delete from event_segments using old where event_segments.generation_id = old.generation_id)
  select generation_id from old`;

const SELECT_COMPLETE = 'select id from generations where id = any($1::text[]) and last_sequence is not null';
const SELECT_EPOCH = 'select epoch from generations where id = $1 and node_id = $2';
const SELECT_OWNED = `
  select generations.id from unnest($1::text[], $2::text[], $3::bigint[]) as claim(id, node_id, epoch)
  join generations on generations.id = claim.id and generations.node_id = claim.node_id and generations.epoch = claim.epoch
  join nodes on nodes.id = claim.node_id`;

const MAX_PRUNED_PER_STATEMENT = 500;
/** PostgreSQL accepts less than 8000 bytes. */
const MAX_PAYLOAD_BYTES = 7900;

/** The event segments in PostgreSQL, and the rows that say who may write them. */
export class SegmentTable {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  /**
   * Inserts the segments of nodes that hold their lease, in one statement that may be sent twice.
   * @param channel is notified with a line `<generation> <last sequence>` for each segment; null for no notification
   * @returns the nodes that hold their lease; @throws StorageError
   */
  async insert(segments: readonly NewSegment[], channel: string | null): Promise<Set<string>> {
    const nodeIds = segments.map(({ nodeId }) => nodeId);
    const leaseHolders = await this.#database.query<{ id: string }>(INSERT, [
      [...new Set(nodeIds)],
      nodeIds,
      segments.map(({ generationId }) => generationId),
      segments.map(({ firstSequence }) => firstSequence),
      segments.map(({ lastSequence }) => lastSequence),
      segments.map(({ events }) => events),
      channel ?? '',
      channel === null ? [] : payloadsOf(segments),
    ]);
    return new Set(leaseHolders.map(({ id }) => id));
  }

  /** See RemoteEventSource.load. */
  async load(cursors: readonly Cursor[]): Promise<Map<string, LoadedRecords>> {
    if (cursors.length === 0) return new Map();
    const rows = await this.#database.query<{
      generation_id: string;
      first_sequence: number;
      events: string;
    }>(SELECT, [cursors.map(({ logId }) => logId), cursors.map(({ after }) => after)]);
    const segments = rows.map(({ generation_id, first_sequence, events }) => ({
      generationId: generation_id,
      firstSequence: first_sequence,
      events,
    }));
    const loaded = new Map<string, LoadedRecords>();
    for (const [generationId, ofOne] of Map.groupBy(segments, (segment) => segment.generationId)) {
      loaded.set(generationId, joinSegments(ofOne.map(decodeSegment)));
    }
    return loaded;
  }

  /** Merges the segments of each ended log whose node holds its lease. @returns the nodes that do; @throws StorageError */
  async mergeSegments(logs: readonly EndedLog[]): Promise<Set<string>> {
    const nodeIds = logs.map(({ nodeId }) => nodeId);
    const leaseHolders = await this.#database.query<{ id: string }>(MERGE, [
      [...new Set(nodeIds)],
      nodeIds,
      logs.map(({ tail }) => tail.logId),
      logs.map(({ tail }) => tail.base + 1),
      logs.map(({ tail }) => tail.last),
      logs.map(({ tail }) => encodeSegment(tail.records(tail.base))),
    ]);
    return new Set(leaseHolders.map(({ id }) => id));
  }

  /** @throws LeaseLostError, StorageError */
  async delete(generationId: string, nodeId: string): Promise<void> {
    const leaseHolders = await this.#database.query(DELETE, [generationId, nodeId]);
    if (leaseHolders.length === 0) throw new LeaseLostError(`The lease of node ${nodeId} has expired.`);
  }

  /** The generations among these whose terminal event has been written, even if it was pruned since. */
  async findComplete(generationIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.query<{ id: string }>(SELECT_COMPLETE, [generationIds]);
    return new Set(rows.map(({ id }) => id));
  }

  /** How often a generation was taken over; null when it isn't this node's. */
  async epoch(generationId: string, nodeId: string): Promise<number | null> {
    const [row] = await this.#database.query<{ epoch: number }>(SELECT_EPOCH, [generationId, nodeId]);
    return row?.epoch ?? null;
  }

  /** The generations among these that still belong to their node. */
  async findOwned(claims: readonly { generationId: string; nodeId: string; epoch: number }[]) {
    const rows = await this.#database.query<{ id: string }>(SELECT_OWNED, [
      claims.map(({ generationId }) => generationId),
      claims.map(({ nodeId }) => nodeId),
      claims.map(({ epoch }) => epoch),
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  /** See EventLog.prune. @returns the pruned generations */
  async prune(endedBefore: number): Promise<string[]> {
    const pruned: string[] = [];
    for (;;) {
      const rows = await this.#database.query<{ generation_id: string }>(PRUNE, [
        endedBefore,
        MAX_PRUNED_PER_STATEMENT,
      ]);
      for (const { generation_id } of rows) pruned.push(generation_id);
      if (rows.length < MAX_PRUNED_PER_STATEMENT) return pruned;
    }
  }
}

function payloadsOf(segments: readonly NewSegment[]): string[] {
  const payloads: string[] = [];
  let payload = '';
  for (const { generationId, lastSequence } of segments) {
    const line = `${generationId} ${lastSequence}\n`;
    if (payload.length + line.length > MAX_PAYLOAD_BYTES) {
      payloads.push(payload);
      payload = '';
    }
    payload += line;
  }
  payloads.push(payload);
  return payloads;
}
