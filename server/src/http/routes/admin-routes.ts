import type { AuditEntry, LedgerCheck, UsageReport } from '@millrace/protocol';
import {
  accountSchema,
  auditEntrySchema,
  ledgerCheckSchema,
  modelRatingsSchema,
  pageSchema,
  usageReportSchema,
} from '@millrace/protocol/schemas';
import { grantBody, listAccountsQuery, listAuditQuery, updateAccountBody } from '@millrace/protocol/requests';
import { z } from 'zod';
import type { Authenticator } from '../auth/authenticator.ts';
import type { HttpDependencies } from '../environment.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, noContent, ok } from '../route-answer.ts';

/** Users, their budgets, and the ledger. */
export function adminRoutes(dependencies: HttpDependencies, authenticator: Authenticator): Route[] {
  return [...userRoutes(dependencies, authenticator), ...reportRoutes(dependencies)];
}

function userRoutes({ engine, store, accounts }: HttpDependencies, authenticator: Authenticator): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/admin/users',
      id: 'listAccounts',
      summary: 'Users, oldest first',
      caller: 'admin',
      query: listAccountsQuery,
      answers: [ok(pageSchema(accountSchema))],
      async handler({ c, query: { cursor, limit, search } }) {
        const { items, nextCursor } = await store.listAccounts({ cursor, limit, search });
        return c.json({ items: items.map((item) => engine.accountOf(item)), nextCursor });
      },
    }),
    route({
      method: 'GET',
      path: '/api/admin/users/:userId',
      id: 'getAccount',
      summary: 'One user',
      caller: 'admin',
      answers: [ok(accountSchema)],
      async handler({ c, params: { userId } }) {
        return c.json(engine.accountOf(await store.findAccount(userId)));
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/admin/users/:userId',
      id: 'updateAccount',
      summary: 'Set limits or the role',
      caller: 'admin',
      body: json(updateAccountBody),
      answers: [ok(accountSchema)],
      async handler({ c, user: actor, params: { userId }, body: { limits, role } }) {
        if (limits !== undefined) await store.setLimits(actor.id, userId, limits);
        if (role !== undefined) {
          await store.setRole(actor.id, userId, role);
          authenticator.clearCache();
        }
        return c.json(engine.accountOf(await store.findAccount(userId)));
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/admin/users/:userId',
      id: 'deleteAccount',
      summary: 'Delete a user; the ledger keeps its entries, without the name',
      caller: 'admin',
      answers: [noContent('The user is deleted')],
      async handler({ c, user: actor, params: { userId } }) {
        const identity = await engine.deleteUser(actor.id, userId);
        await accounts?.remove([identity]);
        authenticator.clearCache();
        return c.body(null, 204);
      },
    }),
    route({
      method: 'POST',
      path: '/api/admin/users/:userId/grants',
      id: 'grant',
      summary: 'Add to the budget of this month',
      caller: 'admin',
      body: json(grantBody),
      answers: [created(accountSchema, 'The user')],
      async handler({ c, user: actor, params: { userId }, body: { note, ...amount } }) {
        return c.json(engine.accountOf(await store.grant(actor.id, userId, amount, note)), 201);
      },
    }),
    route({
      method: 'GET',
      path: '/api/admin/users/:userId/usage',
      id: 'getAccountUsage',
      summary: 'What was charged to a user this month',
      caller: 'admin',
      answers: [ok(usageReportSchema)],
      async handler({ c, params: { userId } }) {
        const usage = await engine.usage(userId);
        // Titles of chats are private to the user.
        const chats = usage.chats.map((chat) => ({ ...chat, title: null }));
        const report: UsageReport = { ...usage, chats };
        return c.json(report);
      },
    }),
  ];
}

function reportRoutes({ store }: HttpDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/admin/audit',
      id: 'listAudit',
      summary: 'Grants, limits, roles and deletions, newest first',
      caller: 'admin',
      query: listAuditQuery,
      answers: [ok(pageSchema(auditEntrySchema))],
      async handler({ c, query: { cursor, limit } }) {
        const { items, nextCursor } = await store.listAuditLog({ cursor, limit });
        const entries = items.map(({ at, ...entry }): AuditEntry => ({
          ...entry,
          createdAt: new Date(at).toISOString(),
        }));
        return c.json({ items: entries, nextCursor });
      },
    }),
    route({
      method: 'GET',
      path: '/api/admin/ratings',
      id: 'countRatings',
      summary: 'How often replies of each model were rated good and bad',
      caller: 'admin',
      answers: [ok(z.strictObject({ items: z.array(modelRatingsSchema) }))],
      async handler({ c }) {
        return c.json({ items: await store.countRatings() });
      },
    }),
    route({
      method: 'GET',
      path: '/api/admin/ledger/check',
      id: 'checkLedger',
      summary: 'Check that the balances equal the sums of the ledger’s entries',
      caller: 'admin',
      answers: [ok(ledgerCheckSchema)],
      async handler({ c }) {
        const discrepancies = await store.checkLedger();
        const check: LedgerCheck = { balances: discrepancies.length === 0, discrepancies };
        return c.json(check);
      },
    }),
  ];
}
