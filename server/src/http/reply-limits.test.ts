import type { User } from '@millrace/protocol';
import { Hono } from 'hono';
import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryQuotas } from '../adapters/quotas/memory-quotas.ts';
import { SqliteDatabase } from '../store/sqlite/sqlite-database.ts';
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { createIds } from '../adapters/system/ids.ts';
import { ProblemError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import type { Environment } from './environment.ts';
import { ReplyLimits } from './reply-limits.ts';

/** The caller's response, which the test sends. */
type Begin = PromiseWithResolvers<void>;

let store: Store;
let user: User;
/** The starts that the limits admit, in order. */
let begun: Begin[];
let onBegin: PromiseWithResolvers<void>;
let app: Hono<Environment>;
beforeEach(async () => {
  store = createSqliteStore(new SqliteDatabase(':memory:'), {
    clock: systemClock,
    ids: createIds(systemClock),
  });
  const identity = { issuer: 'local', subject: 'ada', kind: 'password' as const, name: 'Ada', email: null };
  user = await store.resolveUser(identity);
  begun = [];
  onBegin = Promise.withResolvers();
  const limits = new ReplyLimits(store, new MemoryQuotas(), {
    messageGapMs: 3_600_000,
    repliesPerMinute: null,
  });
  app = new Hono<Environment>();
  app.onError((error, c) => {
    if (!(error instanceof ProblemError)) throw error;
    return c.text(error.code, error.code === 'rate_limited' ? 429 : 403);
  });
  app.post('/:key', async (c) => {
    c.set('user', user);
    const idempotency = { key: c.req.param('key'), fingerprint: 'request' };
    await limits.start(c, idempotency, async () => {
      const begin = Promise.withResolvers<void>();
      begun.push(begin);
      onBegin.resolve();
      await begin.promise;
      // Records the idempotency key, as starting a reply does.
      await store.createChat(user.id, null, { idempotency });
    });
    return c.text('begun');
  });
});

/** @returns the status, once it is known */
async function ask(key: string): Promise<number> {
  return (await app.request(`/${key}`, { method: 'POST' })).status;
}

/** Sends a request, and waits until the limits admit it. */
async function askAndBegin(key: string): Promise<{ status: Promise<number>; begin: Begin }> {
  onBegin = Promise.withResolvers();
  const before = begun.length;
  const status = ask(key);
  await Promise.race([onBegin.promise, status]);
  const begin = begun[before];
  if (begin === undefined) throw new Error(`It was answered ${await status} instead`);
  return { status, begin };
}

const refusal = () => new ProblemError('budget_exceeded', 'refused');

describe('a repeated request while the first one is in progress', () => {
  test('is counted once, and a different request is refused', async () => {
    const one = await askAndBegin('k');
    const again = await askAndBegin('k');
    expect(await ask('other')).toBe(429);
    one.begin.resolve();
    again.begin.resolve();
    expect([await one.status, await again.status]).toEqual([200, 200]);
    expect(await ask('other')).toBe(429);
  });

  test('is counted if any of the requests starts the reply, even if the first was refused', async () => {
    const one = await askAndBegin('k');
    const again = await askAndBegin('k');
    one.begin.reject(refusal());
    expect(await one.status).toBe(403);
    expect(await ask('other')).toBe(429);
    again.begin.resolve();
    expect(await again.status).toBe(200);
    expect(await ask('other')).toBe(429);
  });

  test('is not counted if all of the requests are refused', async () => {
    const one = await askAndBegin('k');
    const again = await askAndBegin('k');
    one.begin.reject(refusal());
    again.begin.reject(refusal());
    expect([await one.status, await again.status]).toEqual([403, 403]);
    const other = await askAndBegin('other');
    other.begin.resolve();
    expect(await other.status).toBe(200);
  });
});

test('a repeated request is accepted after the limit is reached', async () => {
  const one = await askAndBegin('k');
  one.begin.resolve();
  expect(await one.status).toBe(200);
  const repeat = await askAndBegin('k');
  repeat.begin.resolve();
  expect(await repeat.status).toBe(200);
});
