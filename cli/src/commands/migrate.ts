import { Command } from 'commander';
import { Output } from '../output/output.ts';
import { dataDirOption, jsonOption, settingsOf } from './options.ts';
import type { DataDirOptions } from './options.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description(
      'Brings the tables of the database to the shape this version needs, and makes them where there are none. A start of the ' +
        'server does the same; this does it before, and says what it did.',
    )
    .option('--dry-run', 'only say what would be done')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (options: DataDirOptions & { dryRun?: boolean }) => {
      const { migrateStorage, pendingMigrationsOf } = await import('@millrace/server/operator');
      const config = await settingsOf(options);
      const dryRun = options.dryRun === true;
      const { database, accounts } = await (dryRun ? pendingMigrationsOf(config) : migrateStorage(config));
      const lines = [...database, ...accounts.map((table) => `accounts: ${table}`)].map(
        (line) => `${line}\n`,
      );
      const text = lines.length === 0 ? 'The tables are as they should be.' : lines.join('');
      new Output(options).result({ dryRun, database, accounts }, text);
    });
}
