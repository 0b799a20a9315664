// Adds the ledger up anew that the settings name, also while a server uses it. Ends with 0 when it balances, 1 when it doesn't, 2 when it can't be read.
import { ConfigError, readConfig } from './config.ts';
import { checkLedger, describeDiscrepancies } from './operator.ts';

try {
  const discrepancies = await checkLedger(readConfig(process.env));
  process.stdout.write(describeDiscrepancies(discrepancies));
  process.exitCode = discrepancies.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
