import type { ApiKey } from '@millrace/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { Output } from '../output/output.ts';
import { cell, table } from '../output/table.ts';
import { dataDirOption, jsonOption, settingsOf, subcommand } from './options.ts';
import type { DataDirOptions } from './options.ts';

const DAY = 86_400_000;

interface KeyOptions extends DataDirOptions {
  user: string;
}

export function keyCommand(): Command {
  const key = new Command('key').description(
    'API keys, by which programs call in a user’s name. They are made in the server’s database, also while it runs.',
  );
  add(key, 'create', 'make a key; it is shown this once')
    .requiredOption('--name <name>', 'what it is for')
    .option('--expires <when>', 'a date such as 2027-01-31, or days such as 90d (default: never)', parseEnd)
    .action(async (options: KeyOptions & { name: string; expires?: number }) => {
      const { createApiKey } = await import('@millrace/server/operator');
      const wish = { name: options.name, expiresAt: options.expires ?? null };
      const made = await createApiKey(await settingsOf(options), options.user, wish);
      const output = new Output(options);
      output.result(made, made.key);
      output.note(`Keep it: it isn’t shown again. Its id is ${made.id}.`);
    });
  add(key, 'list', 'list a user’s keys').action(async (options: KeyOptions) => {
    const { listApiKeys } = await import('@millrace/server/operator');
    const items = await listApiKeys(await settingsOf(options), options.user);
    new Output(options).result({ items }, listOf(items));
  });
  add(key, 'revoke', 'end a key; a running server may take it for some seconds more')
    .argument('<id>', 'as list shows it')
    .action(async (id: string, options: KeyOptions) => {
      const { revokeApiKey } = await import('@millrace/server/operator');
      await revokeApiKey(await settingsOf(options), options.user, id);
      new Output(options).result({ revoked: id }, `Revoked ${id}.`);
    });
  return key;
}

function add(parent: Command, name: string, description: string): Command {
  return subcommand(parent, name, description)
    .requiredOption('--user <id or address>', 'whose')
    .addOption(dataDirOption())
    .addOption(jsonOption());
}

function listOf(keys: readonly ApiKey[]): string {
  return table(
    keys.map(({ id, prefix, name, lastUsedAt, expiresAt }) => [
      id,
      `${prefix}…`,
      cell(name),
      lastUsedAt === null ? 'never used' : `used ${lastUsedAt}`,
      expiresAt === null ? 'never expires' : `expires ${expiresAt}`,
    ]),
  );
}

/** @returns an instant (ms) */
function parseEnd(text: string): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  const instant = days === undefined ? Date.parse(text) : Date.now() + Number(days) * DAY;
  if (!Number.isNaN(instant)) return instant;
  throw new InvalidArgumentError('It takes a date such as 2027-01-31, or days such as 90d.');
}
