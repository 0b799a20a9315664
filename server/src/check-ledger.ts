// Adds the ledger of DATA_DIR up anew, also while a server uses it. Ends with 0 when it balances, 1 when it doesn't, 2 when it can't be read.
import { ConfigError, readConfig } from './config.ts';
import { checkLedger } from './operator.ts';

try {
  const discrepancies = await checkLedger(readConfig(process.env));
  for (const { what, userId, generationId, expected, found } of discrepancies) {
    const whose = generationId === null ? '' : `, generation ${generationId}`;
    process.stdout.write(`${what} of user ${userId}${whose}: ${found}, and should be ${expected}\n`);
  }
  const count = discrepancies.length;
  process.stdout.write(
    count === 0
      ? 'The ledger balances.\n'
      : `The ledger is wrong in ${count} ${count === 1 ? 'place' : 'places'}.\n`,
  );
  process.exitCode = count === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
