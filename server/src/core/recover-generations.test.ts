import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatEvent, User } from '@millrace/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteEventLog } from '../adapters/event-log/sqlite/sqlite-event-log.ts';
import { SqliteDatabase } from '../store/sqlite/sqlite-database.ts';
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { createIds } from '../adapters/system/ids.ts';
import type { Store } from '../store/store.ts';
import type { StartedGeneration } from '../store/transactions/start-generation.ts';
import { endReply, RESERVATION, planWith, startReply } from '../store/contracts/store.fixture.ts';
import { recoverGeneration } from './recover-generations.ts';
import { metaEvent } from './run-generation.ts';
import { ZERO_USAGE } from './usage.ts';

const NODE = 'node-1';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

let folder: string;
let database: SqliteDatabase;
let store: Store;
let user: User;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-recover-'));
  restart();
  const identity = { issuer: 'local', subject: 'ada', kind: 'password' as const, name: 'Ada', email: null };
  user = await store.resolveUser(identity);
  await store.registerNode({ id: NODE, renewals: 0, process: '' });
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** A new process over the same file. */
function restart(): SqliteEventLog {
  database = new SqliteDatabase(join(folder, 'millrace.db'));
  store = createSqliteStore(database, { clock: systemClock, ids: createIds(systemClock) });
  return new SqliteEventLog(database, silent);
}

async function newReply(): Promise<StartedGeneration> {
  const chat = await store.createChat(user.id, null);
  return startReply(store, {
    userId: user.id,
    generationId: '0VbZShiBBYJk3RQE',
    origin: { kind: 'send', chatId: chat.id, content: 'question', parentId: undefined },
    planFor: planWith(() => ({
      ...RESERVATION,
      tokens: 500,
      costMicros: 0,
      promptTokens: 80,
      maxOutputTokens: 400,
    })),
  });
}

async function crashAfter(started: StartedGeneration, events: ChatEvent[]): Promise<void> {
  const writer = await new SqliteEventLog(database, silent).writer(started.generationId, NODE);
  for (const event of events) writer.append(event);
  await writer.flush();
  database.close();
}

const settlement = () => ({
  store,
  prices: { of: () => null },
  clock: systemClock,
  onCharge: () => {},
  limits: { user: null, guest: null, total: null, costMicros: null },
});

const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });

async function recovered(started: StartedGeneration) {
  const log = restart();
  const [unfinishedId = '', ...others] = await store.listUnfinishedGenerations(NODE);
  const unfinished = await store.findGenerationContext(unfinishedId);
  if (unfinished === undefined) throw new Error('nothing to recover');
  expect(others).toEqual([]);
  await recoverGeneration({ ...settlement(), log, nodeId: NODE }, unfinished, null);
  const tail = await log.open(started.generationId, 0);
  const reply = await store.findReply(user.id, started.generationId);
  expect(await store.listUnfinishedGenerations(NODE)).toEqual([]);
  return {
    names: tail.events().map(({ name }) => name),
    ...reply,
    balance: (await store.findAccount(user.id)).balance,
  };
}

test('a reply cut off by a crash ends as interrupted with the text in its log, and its charge is an estimate', async () => {
  const started = await newReply();
  await crashAfter(started, [metaEvent(started), delta('one '), delta('two')]);
  const { names, message, generation, lastSequence, balance } = await recovered(started);
  expect(names).toEqual(['meta', 'delta', 'delta', 'error']);
  expect(lastSequence).toBe(4);
  expect(message).toMatchObject({ status: 'interrupted', parts: [{ type: 'text', text: 'one two' }] });
  expect(generation).toMatchObject({ usageSource: 'estimate', error: { code: 'interrupted' } });
  expect(balance.reserved.tokens).toBe(0);
  expect(balance.used.tokens).toBe(generation.tokensUsed);
  expect(balance.used.tokens).toBeGreaterThan(0);
});

test('a reply cut off by a crash is charged to the model that answered', async () => {
  const started = await newReply();
  const answered = { code: 'answered_by', message: 'other-model answers.', model: 'other-model' };
  await crashAfter(started, [metaEvent(started), { event: 'notice', data: answered }, delta('one ')]);
  expect((await recovered(started)).generation).toMatchObject({ model: 'other-model' });
});

test('a reply without events gets its meta and its terminal event', async () => {
  const started = await newReply();
  database.close();
  const { names, message } = await recovered(started);
  expect(names).toEqual(['meta', 'error']);
  expect(message).toMatchObject({ status: 'interrupted', parts: [] });
});

test('a reply settled just before the crash gets the matching terminal event, and is charged once', async () => {
  const started = await newReply();
  const usage = { ...ZERO_USAGE, promptTokens: 5, outputTokens: 2, totalTokens: 7 };
  await endReply(store, started.generationId, { parts: [{ type: 'text', text: 'whole' }], usage });
  await crashAfter(started, [metaEvent(started), delta('whole')]);
  const { names, generation, balance } = await recovered(started);
  expect(names).toEqual(['meta', 'delta', 'done']);
  expect(generation).toMatchObject({ status: 'completed', usage, usageSource: 'provider' });
  expect(balance).toMatchObject({ used: { tokens: 7 }, reserved: { tokens: 0 } });
});

test('a reply whose terminal event was logged but not recorded is recorded, and gets no second one', async () => {
  const started = await newReply();
  const settled = await endReply(store, started.generationId, {
    status: 'stopped',
    parts: [],
    finishReason: 'stopped',
    usageSource: 'estimate',
  });
  const done = { event: 'done', data: { message: settled.message } } as ChatEvent;
  await crashAfter(started, [metaEvent(started), done]);
  const { names, lastSequence } = await recovered(started);
  expect(names).toEqual(['meta', 'done']);
  expect(lastSequence).toBe(2);
});
