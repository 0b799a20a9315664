// Checks the ledger of the storage that the environment names, also while a server runs. Exit codes: 0 balances, 1 doesn't balance, 2 can't be read.
import { ConfigError, readConfig } from './config/config.ts';
import { checkLedger, describeDiscrepancies } from './operator/index.ts';

try {
  const discrepancies = await checkLedger(readConfig(process.env));
  process.stdout.write(describeDiscrepancies(discrepancies));
  process.exitCode = discrepancies.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
