import { Command } from 'commander';
import { Output } from '../output/output.ts';
import { dataDirOption, jsonOption, settingsOf } from './options.ts';
import type { DataDirOptions } from './options.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description(
      'Runs all pending migrations of the database, and creates the database if there is none. The server does the same when it ' +
        'starts.',
    )
    .option('--dry-run', 'list the migrations, and run none')
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
      const text = lines.length === 0 ? 'There is nothing to migrate.' : lines.join('');
      new Output(options).result({ dryRun, database, accounts }, text);
    });
}
