import type { ApiKey } from '@millrace/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { Output } from '../output/output.ts';
import { cell, table } from '../output/table.ts';
import { dataDirOption, jsonOption, settingsOf, subcommand } from './options.ts';
import type { DataDirOptions } from './options.ts';

const DAY_MS = 86_400_000;

interface KeyOptions extends DataDirOptions {
  user: string;
}

export function keyCommand(): Command {
  const key = new Command('key').description(
    'Manages API keys, with which programs act as a user. It works on the server’s database, also while the server runs.',
  );
  add(key, 'create', 'create a key and print it, once')
    .requiredOption('--name <name>', 'a name that says what the key is for')
    .option(
      '--expires <when>',
      'a date such as 2027-01-31, or a number of days such as 90d (default: never)',
      parseExpiry,
    )
    .action(async (options: KeyOptions & { name: string; expires?: number }) => {
      const { createApiKey } = await import('@millrace/server/operator');
      const key = { name: options.name, expiresAt: options.expires ?? null };
      const created = await createApiKey(await settingsOf(options), options.user, key);
      const output = new Output(options);
      output.result(created, created.key);
      output.note(`Store it now: it is not shown again. Its id is ${created.id}.`);
    });
  add(key, 'list', 'list a user’s keys').action(async (options: KeyOptions) => {
    const { listApiKeys } = await import('@millrace/server/operator');
    const items = await listApiKeys(await settingsOf(options), options.user);
    new Output(options).result({ items }, listOf(items));
  });
  add(key, 'revoke', 'revoke a key; a running server may accept it for some seconds more')
    .argument('<id>', 'the id that `millrace key list` shows')
    .action(async (id: string, options: KeyOptions) => {
      const { revokeApiKey } = await import('@millrace/server/operator');
      await revokeApiKey(await settingsOf(options), options.user, id);
      new Output(options).result({ revoked: id }, `Revoked ${id}.`);
    });
  return key;
}

function add(parent: Command, name: string, description: string): Command {
  return subcommand(parent, name, description)
    .requiredOption('--user <id or address>', 'the owner of the keys')
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

/** @returns ms since 1970 */
function parseExpiry(text: string): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  const instant = days === undefined ? Date.parse(text) : Date.now() + Number(days) * DAY_MS;
  if (!Number.isNaN(instant)) return instant;
  throw new InvalidArgumentError('It takes a date such as 2027-01-31, or a number of days such as 90d.');
}
