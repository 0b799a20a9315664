import { LeaseLostError } from '../../../core/errors.ts';
import type { EventTail } from '../../../core/event-tail.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import { decodeSegment, encodeSegment, joinSegments } from '../event-segment.ts';
import type { EventSegment, LoadedEvents } from '../event-segment.ts';
import type { Cursor } from '../followed-tails.ts';

/** Events of one log that follow one another, as the node that wrote them has them kept. */
export interface NewSegment extends EventSegment {
  generationId: string;
  nodeId: string;
  lastSequence: number;
}

/** A log that has ended, and the node under whose lease it has. */
export interface EndedLog {
  tail: EventTail;
  nodeId: string;
}

/** A node that is struck off at this moment is waited for, or waits. What is there already is left as it is. */
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

/** By where they begin: one that was saved late may lie within another, and must not stand before it. */
const SELECT = `
  select generation_id, first_sequence, events
  from unnest($1::text[], $2::bigint[]) as wanted(id, after)
  join event_segments on generation_id = wanted.id and last_sequence >= least(wanted.after,
    (select max(last_sequence) from event_segments where generation_id = wanted.id))
  order by generation_id, first_sequence`;

const MAKE_ONE = `
  with fence as materialized (select id from nodes where id = any($1::text[]) for key share),
  whole as (
    select generation_id, first_sequence, last_sequence, events
    from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
      as whole(node_id, generation_id, first_sequence, last_sequence, events)
    where node_id in (select id from fence)
  ), parts as (
    delete from event_segments using whole
    where event_segments.generation_id = whole.generation_id and event_segments.last_sequence < whole.last_sequence
  ), made as (
    insert into event_segments (generation_id, first_sequence, last_sequence, events) select * from whole
    on conflict (generation_id, last_sequence)
      do update set first_sequence = excluded.first_sequence, events = excluded.events
  )
  select id from fence`;

const DROP = `
  with fence as materialized (select id from nodes where id = $2 for key share),
  gone as (delete from event_segments where generation_id = $1 and exists (select from fence))
  select id from fence`;

/** Without its last sequence the terminal event may still be owed, and would begin the log anew. */
const PRUNE = `
  with old as (
    select distinct generation_id from event_segments left join generations on id = generation_id
    where id is null or (ended_at < $1 and generations.last_sequence is not null)
    limit $2
  ), gone as (delete from event_segments using old where event_segments.generation_id = old.generation_id)
  select generation_id from old`;

const SELECT_CLOSED = 'select id from generations where id = any($1::text[]) and last_sequence is not null';
const SELECT_EPOCH = 'select epoch from generations where id = $1 and node_id = $2';
const SELECT_HELD = `
  select generations.id from unnest($1::text[], $2::text[], $3::bigint[]) as claim(id, node_id, epoch)
  join generations on generations.id = claim.id and generations.node_id = claim.node_id and generations.epoch = claim.epoch
  join nodes on nodes.id = claim.node_id`;

/** Generations pruned by one statement. */
const PRUNED_AT_ONCE = 500;
/** PostgreSQL takes less than 8000 bytes. */
const PAYLOAD_LIMIT = 7900;

/** The events in PostgreSQL, many of one generation in each row, and what there is to know of who may write them. */
export class SegmentTable {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  /**
   * Keeps segments of those nodes that hold their lease, in one statement that may be sent twice.
   * @param channel where others are told of them, as `<generation> <last sequence>` a line; null for nowhere
   * @returns the nodes that hold their lease; @throws StorageError
   */
  async insert(segments: readonly NewSegment[], channel: string | null): Promise<Set<string>> {
    const nodeIds = segments.map(({ nodeId }) => nodeId);
    const listed = await this.#database.query<{ id: string }>(INSERT, [
      [...new Set(nodeIds)],
      nodeIds,
      segments.map(({ generationId }) => generationId),
      segments.map(({ firstSequence }) => firstSequence),
      segments.map(({ lastSequence }) => lastSequence),
      segments.map(({ events }) => events),
      channel ?? '',
      channel === null ? [] : payloadsOf(segments),
    ]);
    return new Set(listed.map(({ id }) => id));
  }

  /** See TailSource.load. */
  async load(wanted: readonly Cursor[]): Promise<Map<string, LoadedEvents>> {
    if (wanted.length === 0) return new Map();
    const rows = await this.#database.query<{
      generation_id: string;
      first_sequence: number;
      events: string;
    }>(SELECT, [wanted.map(({ logId }) => logId), wanted.map(({ after }) => after)]);
    const segments = rows.map(({ generation_id, first_sequence, events }) => ({
      generationId: generation_id,
      firstSequence: first_sequence,
      events,
    }));
    const loaded = new Map<string, LoadedEvents>();
    for (const [generationId, ofOne] of Map.groupBy(segments, (segment) => segment.generationId)) {
      loaded.set(generationId, joinSegments(ofOne.map(decodeSegment)));
    }
    return loaded;
  }

  /** Makes one row of each log that has ended, of those nodes that hold their lease. @returns these; @throws StorageError */
  async makeOne(logs: readonly EndedLog[]): Promise<Set<string>> {
    const nodeIds = logs.map(({ nodeId }) => nodeId);
    const listed = await this.#database.query<{ id: string }>(MAKE_ONE, [
      [...new Set(nodeIds)],
      nodeIds,
      logs.map(({ tail }) => tail.logId),
      logs.map(({ tail }) => tail.base + 1),
      logs.map(({ tail }) => tail.last),
      logs.map(({ tail }) => encodeSegment(tail.records(tail.base))),
    ]);
    return new Set(listed.map(({ id }) => id));
  }

  /** @throws LeaseLostError, StorageError */
  async drop(generationId: string, nodeId: string): Promise<void> {
    const listed = await this.#database.query(DROP, [generationId, nodeId]);
    if (listed.length === 0) throw new LeaseLostError(`Node ${nodeId} was struck off`);
  }

  /** Which of these generations have their terminal event noted. */
  async closed(generationIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.query<{ id: string }>(SELECT_CLOSED, [generationIds]);
    return new Set(rows.map(({ id }) => id));
  }

  /** How often a generation has been inherited; null when it isn't this node's. */
  async epoch(generationId: string, nodeId: string): Promise<number | null> {
    const [row] = await this.#database.query<{ epoch: number }>(SELECT_EPOCH, [generationId, nodeId]);
    return row?.epoch ?? null;
  }

  /** Which generations their nodes still have. */
  async held(claims: readonly { generationId: string; nodeId: string; epoch: number }[]) {
    const rows = await this.#database.query<{ id: string }>(SELECT_HELD, [
      claims.map(({ generationId }) => generationId),
      claims.map(({ nodeId }) => nodeId),
      claims.map(({ epoch }) => epoch),
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  /** See EventLog.prune. @returns those that lost their events */
  async prune(endedBefore: number): Promise<string[]> {
    const pruned: string[] = [];
    for (;;) {
      const rows = await this.#database.query<{ generation_id: string }>(PRUNE, [
        endedBefore,
        PRUNED_AT_ONCE,
      ]);
      for (const { generation_id } of rows) pruned.push(generation_id);
      if (rows.length < PRUNED_AT_ONCE) return pruned;
    }
  }
}

function payloadsOf(segments: readonly NewSegment[]): string[] {
  const payloads: string[] = [];
  let payload = '';
  for (const { generationId, lastSequence } of segments) {
    const line = `${generationId} ${lastSequence}\n`;
    if (payload.length + line.length > PAYLOAD_LIMIT) {
      payloads.push(payload);
      payload = '';
    }
    payload += line;
  }
  payloads.push(payload);
  return payloads;
}
