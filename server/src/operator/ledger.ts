import type { Discrepancy } from '@millrace/protocol';
import { withStorage } from '../composition/open-storage.ts';
import type { StorageLocation } from '../composition/storage.ts';

/** Recomputes all balances from the ledger's entries. @returns the balances that differ @throws ConfigError when there is no storage */
export function checkLedger(location: StorageLocation): Promise<Discrepancy[]> {
  return withStorage(location, ({ store }) => store.checkLedger());
}

/** One line for each discrepancy, and a summary. */
export function describeDiscrepancies(discrepancies: readonly Discrepancy[]): string {
  if (discrepancies.length === 0) return 'The ledger balances.\n';
  const lines = discrepancies.map(({ what, userId, generationId, expected, found }) => {
    const where = generationId === null ? '' : `, generation ${generationId}`;
    return `${what} of user ${userId}${where}: found ${found}, expected ${expected}\n`;
  });
  const count = `${lines.length} ${lines.length === 1 ? 'discrepancy' : 'discrepancies'}`;
  return `${lines.join('')}The ledger does not balance: ${count}.\n`;
}
