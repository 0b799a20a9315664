import { DatabaseSync } from 'node:sqlite';
import { createClient } from '@redis/client';
import { Client, types } from 'pg';

/** The database at the end of a run, read without the server's code. */
export interface SettledTables {
  events: LoggedRow[];
  replies: ReplyRow[];
  ledger: LedgerRow[];
  keys: { user_id: string; key: string; made: string }[];
}

interface ReplyRow {
  id: string;
  user_id: string;
  status: string;
  finish_reason: string | null;
  error: string | null;
  tokens_used: number | null;
  ended_at: number | null;
  last_sequence: number | null;
  deleted_at: number | null;
  message_id: string;
  parent_id: string | null;
  continues: string | null;
  parts: string;
  question: string | null;
}

interface LoggedRow {
  generation_id: string;
  sequence: number;
  name: string;
  data: string;
}

interface LedgerRow {
  generation_id: string;
  kind: string;
  tokens: number;
  user_id: string;
  period: string;
}

/** The same on all databases. */
const QUERIES = {
  events: 'select generation_id, sequence, name, data from events order by generation_id, sequence',
  replies: `
    select g.id, g.user_id, g.status, g.finish_reason, g.error, g.tokens_used, g.ended_at, g.last_sequence, c.deleted_at,
      m.id as message_id, m.parent_id, m.continues, m.parts, q.parts as question
    from generations g join chats c on c.id = g.chat_id join messages m on m.id = g.message_id
      left join messages q on q.id = m.parent_id
    order by g.id`,
  ledger:
    'select generation_id, kind, tokens, user_id, period from ledger_entries where generation_id is not null',
  keys: 'select user_id, key, made from idempotency_keys',
};

/** @param file of SQLite */
export function readSqliteTables(file: string): SettledTables {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = <Row>(sql: string) => database.prepare(sql).all() as unknown as Row[];
  const tables = {
    events: rows<LoggedRow>(QUERIES.events),
    replies: rows<ReplyRow>(QUERIES.replies),
    ledger: rows<LedgerRow>(QUERIES.ledger),
    keys: rows<SettledTables['keys'][number]>(QUERIES.keys),
  };
  database.close();
  return tables;
}

/** Reads 64-bit integers as numbers, as SQLite does. */
const NUMBERS = { getTypeParser: (id: number) => (id === 20 ? Number : types.getTypeParser(id)) };

/** PostgreSQL lacks the newest events of replies whose node was killed just after their end. They are still in Redis. */
export async function readClusterTables(postgresUrl: string, redisUrl: string): Promise<SettledTables> {
  const client = new Client({ connectionString: postgresUrl, types: NUMBERS });
  await client.connect();
  const rows = async <Row>(sql: string) => (await client.query(sql)).rows as Row[];
  const tables = {
    events: withNewer(await rows<LoggedRow>(QUERIES.events), await readStreams(redisUrl)),
    replies: await rows<ReplyRow>(QUERIES.replies),
    ledger: await rows<LedgerRow>(QUERIES.ledger),
    keys: await rows<SettledTables['keys'][number]>(QUERIES.keys),
  };
  await client.end();
  return tables;
}

function withNewer(stored: LoggedRow[], streamed: readonly LoggedRow[]): LoggedRow[] {
  const keyOf = ({ generation_id, sequence }: LoggedRow) => `${generation_id}:${sequence}`;
  const known = new Set(stored.map(keyOf));
  const all = [...stored, ...streamed.filter((row) => !known.has(keyOf(row)))];
  return all.sort((one, other) => one.sequence - other.sequence);
}

/** A segment is the first sequence, then a line for each event: its name, a space, its data. */
async function readStreams(url: string): Promise<LoggedRow[]> {
  const redis = await createClient({ url }).connect();
  const rows: LoggedRow[] = [];
  for await (const keys of redis.scanIterator({ MATCH: 'millrace:{*}:events', COUNT: 1000 })) {
    for (const key of keys) {
      for (const { message } of (await redis.xRange(key, '-', '+')) ?? []) {
        const [first, ...lines] = (message['e'] ?? '').split('\n');
        for (const [index, line] of lines.entries()) {
          const [name = ''] = line.split(' ', 1);
          rows.push({
            generation_id: key.slice('millrace:{'.length, -'}:events'.length),
            sequence: Number(first) + index,
            name,
            data: line.slice(name.length + 1),
          });
        }
      }
    }
  }
  redis.destroy();
  return rows;
}
