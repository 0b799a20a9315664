import { z } from 'zod';
import { text } from './scalars.ts';

const discrepancySchema = z.strictObject({
  what: text,
  userId: text,
  generationId: text.nullable(),
  expected: z.int(),
  found: z.int(),
});

export const ledgerCheckSchema = z
  .strictObject({ balances: z.boolean(), discrepancies: z.array(discrepancySchema) })
  .meta({ id: 'LedgerCheck', description: 'The result of adding up all entries of the ledger' });

export type Discrepancy = z.infer<typeof discrepancySchema>;
export type LedgerCheck = z.infer<typeof ledgerCheckSchema>;
