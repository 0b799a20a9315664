import { z } from 'zod';
import { id, text, timestamp } from './scalars.ts';

export const auditEntrySchema = z
  .strictObject({
    id,
    actorId: text.nullable().describe('Null: the server itself'),
    actorName: text.nullable().describe("The user's current name; null where the user is deleted"),
    action: z.enum(['grant', 'limits', 'role', 'user_deleted']),
    subjectId: text,
    subjectName: text.nullable(),
    details: z.record(text, z.unknown()),
    createdAt: timestamp,
  })
  .meta({ id: 'AuditEntry' });

export type AuditEntry = z.infer<typeof auditEntrySchema>;
