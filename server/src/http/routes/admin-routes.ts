import type { AuditEntry, LedgerCheck, UsageReport } from '@millrace/protocol';
import { grantBody, listAccountsQuery, listAuditQuery, updateAccountBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { refuseKeys } from '../auth/refuse-keys.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readBody, readQuery, readUuid } from '../validation.ts';

/** For administrators alone: users, their budgets, and the books. */
export function adminRoutes(
  { engine, store, accounts }: HttpDependencies,
  authenticator: Authenticator,
): Hono<Environment> {
  return new Hono<Environment>()
    .use(refuseKeys)
    .use(async (c, next) => {
      // Asked anew: a role that was taken away counts at once.
      const { user } = await store.findAccount(c.get('user').id);
      if (!user.roles.includes('admin')) {
        throw new ProblemError('forbidden', 'This is for administrators.');
      }
      await next();
    })
    .get('/users', async (c) => {
      const { cursor, limit, search } = readQuery(c, listAccountsQuery);
      const { items, nextCursor } = await store.listAccounts({ cursor, limit, search });
      return c.json({ items: items.map((account) => engine.accountOf(account)), nextCursor });
    })
    .get('/users/:userId', async (c) => {
      return c.json(engine.accountOf(await store.findAccount(readUuid(c, 'userId'))));
    })
    .patch('/users/:userId', async (c) => {
      const userId = readUuid(c, 'userId');
      const { limits, role } = await readBody(c, updateAccountBody);
      const actorId = c.get('user').id;
      if (limits !== undefined) await store.setLimits(actorId, userId, limits);
      if (role !== undefined) {
        await store.setRole(actorId, userId, role);
        authenticator.clearCache();
      }
      return c.json(engine.accountOf(await store.findAccount(userId)));
    })
    .post('/users/:userId/grants', async (c) => {
      const { note, ...amount } = await readBody(c, grantBody);
      const account = await store.grant(c.get('user').id, readUuid(c, 'userId'), amount, note);
      return c.json(engine.accountOf(account), 201);
    })
    .get('/users/:userId/usage', async (c) => {
      const usage = await engine.usage(readUuid(c, 'userId'));
      // What somebody's chats are about is nobody's business but theirs.
      const report: UsageReport = { ...usage, chats: usage.chats.map((chat) => ({ ...chat, title: null })) };
      return c.json(report);
    })
    .delete('/users/:userId', async (c) => {
      const identity = await engine.deleteUser(c.get('user').id, readUuid(c, 'userId'));
      await accounts?.remove([identity]);
      authenticator.clearCache();
      return c.body(null, 204);
    })
    .get('/audit', async (c) => {
      const { cursor, limit } = readQuery(c, listAuditQuery);
      const { items, nextCursor } = await store.listAuditLog({ cursor, limit });
      const entries = items.map(({ at, ...entry }): AuditEntry => ({
        ...entry,
        createdAt: new Date(at).toISOString(),
      }));
      return c.json({ items: entries, nextCursor });
    })
    .get('/ratings', async (c) => c.json({ items: await store.countRatings() }))
    .get('/ledger/check', async (c) => {
      const discrepancies = await store.checkLedger();
      const check: LedgerCheck = { balances: discrepancies.length === 0, discrepancies };
      return c.json(check);
    });
}
