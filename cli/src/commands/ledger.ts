import { Command } from 'commander';
import type { LedgerCheck } from '@millrace/protocol';
import { EXIT_CODES } from '../errors.ts';
import { Output } from '../output/output.ts';
import { dataDirOption, jsonOption, settingsOf, subcommand } from './options.ts';
import type { DataDirOptions } from './options.ts';

export function ledgerCommand(): Command {
  const ledger = new Command('ledger').description(
    'Works on the ledger of token usage and cost, also while the server runs.',
  );
  subcommand(ledger, 'check', 'recompute all balances; the exit code is 1 when one differs')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (options: DataDirOptions) => {
      const { checkLedger, describeDiscrepancies } = await import('@millrace/server/operator');
      const discrepancies = await checkLedger(await settingsOf(options));
      const check: LedgerCheck = { balances: discrepancies.length === 0, discrepancies };
      new Output(options).result(check, describeDiscrepancies(discrepancies));
      if (!check.balances) process.exitCode = EXIT_CODES.failure;
    });
  return ledger;
}
