import { z } from 'zod';
import { id, text, timestamp } from './scalars.ts';

/** A key that lets programs act as its user. */
export const apiKeySchema = z
  .strictObject({
    id,
    name: text,
    prefix: text.describe('The first characters of the key, by which its user recognizes it'),
    createdAt: timestamp,
    lastUsedAt: timestamp.nullable().describe('To the minute; null: never'),
    expiresAt: timestamp.nullable().describe('Null: the key does not expire'),
  })
  .meta({ id: 'ApiKey' });

export const newApiKeySchema = apiKeySchema
  .extend({ key: text.describe('The key itself. Returned only here.') })
  .meta({ id: 'NewApiKey' });

export type ApiKey = z.infer<typeof apiKeySchema>;
export type NewApiKey = z.infer<typeof newApiKeySchema>;
