import type { AuditEntry, Me, Page, UsageReport, UserAccount } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: Awaited<ReturnType<typeof startTestServer>>;
let administrator: Caller;
let user: Caller;
let userId: string;

beforeEach(async () => {
  server = await startTestServer({ DEFAULT_TOKEN_LIMIT: '1000', MAX_OUTPUT_TOKENS: '300' });
  administrator = await server.user();
  user = await server.user();
  userId = (await user.me()).user.id;
});
afterEach(() => server.close());

const account = (path = '') => `/api/admin/users/${userId}${path}`;
const checkLedger = async () => administrator.json('GET', '/api/admin/ledger/check');

describe('administrators', () => {
  test.each([
    ['GET', '/api/admin/users'],
    ['GET', '/api/admin/audit'],
    ['GET', '/api/admin/ledger/check'],
    ['PATCH', '/api/admin/users/00000000-0000-7000-8000-000000000000'],
    ['DELETE', '/api/admin/users/00000000-0000-7000-8000-000000000000'],
  ])('are required for %s %s', async (method, path) => {
    expect(await (await user.send(method, path)).json()).toMatchObject({ status: 403, code: 'forbidden' });
  });

  test('grant tokens, which count at once and are in the audit log', async () => {
    await user.ask('Spend some of it');
    const { budget } = await user.me();
    const granted = await administrator.json<UserAccount>('POST', account('/grants'), {
      tokens: 5000,
      note: 'welcome',
    });
    expect(granted.budget).toMatchObject({ limit: 6000, granted: 5000, used: budget.used });
    expect((await user.me()).budget).toEqual(granted.budget);
    const { items } = await administrator.json<Page<AuditEntry>>('GET', '/api/admin/audit');
    expect(items).toMatchObject([
      { action: 'grant', subjectId: userId, details: { tokens: 5000, costMicros: 0, note: 'welcome' } },
    ]);
    expect(await checkLedger()).toEqual({ balances: true, discrepancies: [] });
  });

  test.each([
    ['a negative grant', 'POST', '/grants', { tokens: -5 }],
    ['a grant of nothing', 'POST', '/grants', {}],
    ['half a token', 'POST', '/grants', { tokens: 0.5 }],
    ['a negative limit', 'PATCH', '', { limits: { tokens: -1 } }],
    ['a role that isn’t one', 'PATCH', '', { role: 'king' }],
    ['no change', 'PATCH', '', {}],
  ])('are refused %s', async (_what, method, path, body) => {
    const response = await administrator.send(method, account(path), body);
    expect(await response.json()).toMatchObject({ status: 400, code: 'invalid_request' });
    expect((await user.me()).budget).toMatchObject({ limit: 1000, granted: 0 });
  });

  test('set a limit for one user, and remove it', async () => {
    const set = (limits: object) => administrator.json<UserAccount>('PATCH', account(), { limits });
    expect((await set({ tokens: 400 })).budget.limit).toBe(400);
    const { id } = await user.createChat();
    const body = { content: 'Hello' };
    expect((await user.ask('Hello', id)).events.some(({ event }) => event === 'notice')).toBe(false);
    await set({ tokens: 0 });
    expect((await user.send('POST', `/api/chats/${id}/messages`, body)).status).toBe(403);
    expect(await set({ tokens: 'none' })).toMatchObject({
      budget: { limit: null },
      limits: { tokens: 'none' },
    });
    expect((await set({ tokens: 'default' })).budget.limit).toBe(1000);
  });

  test('grant and revoke the role, except for the last administrator', async () => {
    const me = (await administrator.me()).user.id;
    const last = await administrator.send('PATCH', `/api/admin/users/${me}`, { role: 'user' });
    expect(last.status).toBe(400);
    await administrator.json('PATCH', account(), { role: 'admin' });
    expect((await user.me()).user.roles).toEqual(['admin']);
    await user.json('PATCH', `/api/admin/users/${me}`, { role: 'user' });
    expect((await administrator.send('GET', '/api/admin/users')).status).toBe(403);
  });

  test('find users by name', async () => {
    const { items } = await administrator.json<Page<UserAccount>>('GET', '/api/admin/users?search=Ad');
    expect(items.map((item) => item.user.id)).toContain(userId);
    const none = await administrator.json<Page<UserAccount>>('GET', '/api/admin/users?search=nobody');
    expect(none.items).toEqual([]);
  });

  test('remove a user, whose running reply stops and whose charges stay in the ledger', async () => {
    server.simulator.script([{ text: 'word '.repeat(200), fault: { kind: 'stall' } }]);
    const { id } = await user.createChat();
    const response = await user.send('POST', `/api/chats/${id}/messages`, { content: 'Hello' });
    const removed = await administrator.send('DELETE', account());
    expect(removed.status).toBe(204);
    expect(await response.text()).toContain('"finishReason":"stopped"');
    expect((await user.send('GET', '/api/me')).status).toBe(401);
    expect((await administrator.send('GET', account())).status).toBe(404);
    expect(await checkLedger()).toEqual({ balances: true, discrepancies: [] });
    const usage = await administrator.json<UsageReport>('GET', '/api/usage');
    expect(usage.days).toEqual([]);
  });
});

describe('users', () => {
  test('see their usage by day, model and chat, with its source', async () => {
    const first = await user.ask('Hello');
    const second = await user.ask('Hello again', first.meta.chatId);
    const report = await user.json<UsageReport>('GET', '/api/usage');
    const tokens = [first, second].reduce(
      (sum, { last }) => sum + Number('tokensUsed' in last.data && last.data.tokensUsed),
      0,
    );
    expect(tokens).toBeGreaterThan(0);
    const sum = { replies: 2, tokens, tokensBySource: { provider: tokens, tokenizer: 0, estimate: 0 } };
    expect(report.days).toMatchObject([{ key: new Date().toISOString().slice(0, 10), ...sum }]);
    const chat = { key: first.meta.chatId, title: 'Hello', isDeleted: false };
    expect(report.chats).toMatchObject([{ ...chat, ...sum }]);
    const seenByOthers = await administrator.json<UsageReport>('GET', account('/usage'));
    expect(seenByOthers).toEqual({ ...report, chats: [{ ...report.chats[0], title: null }] });
    expect(report.models).toMatchObject([{ key: first.meta.model, ...sum }]);
    expect(report.budget).toMatchObject({ used: tokens, limit: 1000 });
    expect(report.percentUsed).toBe(tokens / 10);
  });

  test('set their own cap, which can only lower their limit', async () => {
    const cap = (tokens: number | null) => user.json<Me>('PATCH', '/api/me', { cap: tokens });
    expect((await cap(300)).budget).toMatchObject({ limit: 300, cap: 300, remaining: 300 });
    expect((await cap(5000)).budget).toMatchObject({ limit: 1000, cap: 5000 });
    expect((await cap(null)).budget).toMatchObject({ limit: 1000, cap: null });
    expect((await user.send('PATCH', '/api/me', { cap: -1 })).status).toBe(400);
  });

  test('get one notice when half of their budget is used', async () => {
    server.simulator.script([
      { text: 'word '.repeat(260) },
      { text: 'word '.repeat(260) },
      { text: 'Short.' },
    ]);
    const codes = async () => {
      const { events } = await user.ask('Write');
      return events.flatMap((event) => (event.event === 'notice' ? [event.data.code] : []));
    };
    const { limit } = (await user.me()).budget;
    const seen: string[] = [];
    while ((await user.me()).budget.used < (limit ?? 0) / 2) seen.push(...(await codes()));
    expect(seen.filter((code) => code === 'budget_50')).toHaveLength(1);
  });
});

test('the metrics have charges, reservations and reused counts', async () => {
  const { last } = await user.ask('Hello');
  let metrics = '';
  // The end of a reply is recorded a moment after its last event was delivered.
  await until('no reservation is open', async () => {
    metrics = await (await fetch(`${server.url}/metrics`)).text();
    return metrics.includes('millrace_reservations_open 0\n');
  });
  const charged = 'tokensUsed' in last.data ? last.data.tokensUsed : 0;
  expect(metrics).toMatch(
    new RegExp(`millrace_tokens_charged_total\\{model=".*",source="provider"\\} ${charged}\n`),
  );
  expect(metrics).toContain('millrace_count_cache_hit_ratio 0\n');
});
