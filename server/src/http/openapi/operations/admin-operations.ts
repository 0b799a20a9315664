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
import { created, nothing, ok } from '../operation.ts';
import type { Operation } from '../operation.ts';

export const adminOperations: readonly Operation[] = [
  {
    route: 'GET /api/admin/users',
    id: 'listAccounts',
    summary: 'Users, oldest first',
    query: listAccountsQuery,
    answers: [ok(pageSchema(accountSchema))],
  },
  {
    route: 'GET /api/admin/users/{userId}',
    id: 'getAccount',
    summary: 'One user',
    answers: [ok(accountSchema)],
  },
  {
    route: 'PATCH /api/admin/users/{userId}',
    id: 'updateAccount',
    summary: 'Set limits or the role',
    body: updateAccountBody,
    answers: [ok(accountSchema)],
  },
  {
    route: 'DELETE /api/admin/users/{userId}',
    id: 'deleteAccount',
    summary: 'Remove a user; the ledger keeps its entries, without the name',
    answers: [nothing('They are removed')],
  },
  {
    route: 'POST /api/admin/users/{userId}/grants',
    id: 'grant',
    summary: 'Add to what they may use this month',
    body: grantBody,
    answers: [created(accountSchema, 'The user')],
  },
  {
    route: 'GET /api/admin/users/{userId}/usage',
    id: 'getAccountUsage',
    summary: 'What was charged to them this month',
    answers: [ok(usageReportSchema)],
  },
  {
    route: 'GET /api/admin/audit',
    id: 'listAudit',
    summary: 'Grants, limits, roles and deletions, newest first',
    query: listAuditQuery,
    answers: [ok(pageSchema(auditEntrySchema))],
  },
  {
    route: 'GET /api/admin/ratings',
    id: 'countRatings',
    summary: 'How often replies of each model were rated good and bad',
    answers: [ok(z.strictObject({ items: z.array(modelRatingsSchema) }))],
  },
  {
    route: 'GET /api/admin/ledger/check',
    id: 'checkLedger',
    summary: 'Add all entries of the ledger up anew',
    answers: [ok(ledgerCheckSchema)],
  },
];
