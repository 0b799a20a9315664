import { DatabaseSync } from 'node:sqlite';
import type { History, Reading, SeenEvent } from './history.ts';

export const COMPLETED = 'AAAAAAAAAAAAAAAA';
export const STOPPED = 'BBBBBBBBBBBBBBBB';
export const USER = 'ada';
/** When both replies ended (Unix ms). */
export const ENDED_AT = 1000;

/** The tables that the checker reads. If the server's tables differ, chaos.test.ts fails. */
const TABLES = `
  create table chats (id, deleted_at);
  create table messages (id, parent_id, continues, parts);
  create table generations (
    id, user_id, chat_id, message_id, status, finish_reason, error, tokens_used, ended_at, last_sequence
  );
  create table ledger_entries (user_id, generation_id, kind, tokens, period);
  create table idempotency_keys (user_id, key, made);
  create table events (generation_id, sequence, name, data);
  insert into chats values ('chat', null);
`;

export const text = (value: string) => JSON.stringify({ text: value });
export const parts = (value: string) => [{ type: 'text', text: value }];
export const done = (status: string, value: string) =>
  JSON.stringify({ status, message: { parts: parts(value) } });

/** A database in which one reply was completed and one was stopped. */
export function createDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec(TABLES);
  insertReply(database, COMPLETED, 'completed', ['one ', 'two ', 'three'], 'one two three');
  insertReply(database, STOPPED, 'stopped', ['one ', 'two '], 'one two three');
  return database;
}

export function insertReply(
  database: DatabaseSync,
  id: string,
  status: string,
  deltas: string[],
  question: string,
): void {
  const insert = (table: string, ...values: (string | number | null)[]) =>
    database.prepare(`insert into ${table} values (${values.map(() => '?').join(', ')})`).run(...values);
  const said = deltas.join('');
  const events = [
    ['meta', '{}'],
    ...deltas.map((delta) => ['delta', text(delta)]),
    ['done', done(status, said)],
  ] as const;
  insert('messages', `question ${id}`, null, null, JSON.stringify(parts(question)));
  insert('messages', `reply ${id}`, `question ${id}`, null, JSON.stringify(parts(said)));
  const reason = status === 'completed' ? 'stop' : status;
  insert('generations', id, USER, 'chat', `reply ${id}`, status, reason, null, 7, ENDED_AT, events.length);
  for (const [kind, tokens] of [
    ['reservation', 100],
    ['release', 100],
    ['charge', 7],
  ] as const) {
    insert('ledger_entries', USER, id, kind, tokens, '2026-11');
  }
  insert('idempotency_keys', USER, `key ${id}`, id);
  for (const [index, [name, data]] of events.entries()) insert('events', id, index + 1, name, data);
}

export const seen = (sequence: number, name: string, data: string, generationId = COMPLETED): SeenEvent => ({
  generationId,
  sequence,
  name,
  data,
  at: ENDED_AT,
});

export function reading(fields: Partial<Reading>): Reading {
  return {
    tab: 'tab',
    userId: USER,
    generationId: null,
    key: null,
    after: 0,
    events: [],
    end: 'ended',
    ...fields,
  };
}

/** The first tab got single events, the second joined late and got two merged, the third read the other reply and left. */
export function createHistory() {
  const first = reading({
    key: `key ${COMPLETED}`,
    events: [
      seen(1, 'meta', '{}'),
      seen(2, 'delta', text('one ')),
      seen(3, 'delta', text('two ')),
      seen(4, 'delta', text('three')),
      seen(5, 'done', done('completed', 'one two three')),
    ],
  });
  const second = reading({
    after: 2,
    events: [seen(4, 'delta', text('two three')), seen(5, 'done', done('completed', 'one two three'))],
  });
  const third = reading({
    key: `key ${STOPPED}`,
    events: [seen(1, 'meta', '{}', STOPPED), seen(3, 'delta', text('one two '), STOPPED)],
    end: 'left',
  });
  const history: History = {
    readings: [first, second, third, reading({ generationId: COMPLETED, after: 5, end: 'nothing-left' })],
    continuations: 0,
    stops: [{ generationId: STOPPED, status: 'stopped' }],
    refusals: [],
    prunedBefore: null,
    redisRestarts: [],
  };
  return { history, first, second, third };
}
