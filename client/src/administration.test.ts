import { expect, test } from 'vitest';
import { json, noContent, scriptedServer } from '../test-support/scripted-server.ts';
import { createAdministration } from './administration.ts';
import type { Administration } from './administration.ts';

const page = { items: [], nextCursor: null };

test.each<[string, (admin: Administration) => Promise<unknown>, object]>([
  [
    'users are listed',
    (admin) => admin.listUsers({ search: 'a&b', limit: 5, cursor: 'next' }),
    { method: 'GET', path: '/api/admin/users?search=a%26b&limit=5&cursor=next' },
  ],
  ['a user is read', (admin) => admin.getUser('u1'), { method: 'GET', path: '/api/admin/users/u1' }],
  [
    'limits and role are set',
    (admin) => admin.updateUser('u1', { limits: { tokens: 'none', costMicros: 5 }, role: 'admin' }),
    {
      method: 'PATCH',
      path: '/api/admin/users/u1',
      body: { limits: { tokens: 'none', costMicros: 5 }, role: 'admin' },
    },
  ],
  [
    'credits are granted',
    (admin) => admin.grant('u1', { tokens: 7, note: 'gift' }),
    { method: 'POST', path: '/api/admin/users/u1/grants', body: { tokens: 7, note: 'gift' } },
  ],
  [
    'the usage of a user is read',
    (admin) => admin.userUsage('u1'),
    { method: 'GET', path: '/api/admin/users/u1/usage' },
  ],
  [
    'the audit log is listed',
    (admin) => admin.listAudit({ cursor: 'next' }),
    { method: 'GET', path: '/api/admin/audit?cursor=next' },
  ],
  [
    'the ledger is checked',
    (admin) => admin.checkLedger(),
    { method: 'GET', path: '/api/admin/ledger/check' },
  ],
])('%s', async (_what, call, request) => {
  await using server = await scriptedServer(json(page));
  expect(await call(createAdministration(server))).toEqual(page);
  expect(server.requests).toMatchObject([request]);
});

test('deleting a user returns nothing', async () => {
  await using server = await scriptedServer(noContent);
  expect(await createAdministration(server).deleteUser('u1')).toBeUndefined();
  expect(server.requests).toMatchObject([{ method: 'DELETE', path: '/api/admin/users/u1' }]);
});
