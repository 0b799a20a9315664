import type { Role, UserAccount } from '@millrace/protocol';
import type { Config } from '@millrace/server/config';
import type * as operator from '@millrace/server/operator';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { usageError } from '../errors.ts';
import { Output } from '../output/output.ts';
import { describeAccount, listAccounts } from '../output/accounts.ts';
import { plainLine } from '../output/plain-text.ts';
import { dataDirOption, jsonOption, settingsOf, subcommand } from './options.ts';
import type { DataDirOptions } from './options.ts';

type Operator = typeof operator;
type Limit = number | 'none' | 'default';

const NAMED = 'an id or an email address';

export function userCommand(): Command {
  const user = new Command('user').description(
    'What whoever runs a server does to its users, in its database, also while it runs.',
  );
  const role = new Option(
    '--role <name>',
    'what they may do (default: user, and the first is the administrator)',
  ).choices(['admin', 'user']);
  add(user, 'list', 'list users, oldest first')
    .option('--search <text>', 'in names and addresses')
    .action(
      act(async ({ listUsers }, config, output, options: { search?: string }) => {
        const items = await listUsers(config, options.search);
        output.result({ items }, listAccounts(items));
      }),
    );
  add(user, 'create', 'create a user; the password is typed, or comes by stdin')
    .argument('<email>')
    .option('--name <name>', 'how they are called (default: what stands before the @)')
    .addOption(role)
    .action(async (email: string, options: DataDirOptions & { name?: string; role?: Role }) => {
      const [{ createUser }, { readNewPassword }] = await Promise.all([
        import('@millrace/server/operator'),
        import('../output/read-secret.ts'),
      ]);
      const name = options.name ?? email.replace(/@.*/, '');
      const wanted = { email, name, role: options.role, password: await readNewPassword() };
      tell(new Output(options), await createUser(await settingsOf(options), wanted));
    });
  addOnUser(user, 'show', 'show a user’s limits and what was used this month').action(
    actOn(({ showUser }, config, named) => showUser(config, named)),
  );
  addOnUser(user, 'role', 'make somebody an administrator, or a user again')
    .addArgument(new Argument('<role>').choices(['admin', 'user']))
    .action(async (named: string, wanted: Role, options: DataDirOptions) => {
      const { setUserRole } = await import('@millrace/server/operator');
      tell(new Output(options), await setUserRole(await settingsOf(options), named, wanted));
    });
  addOnUser(user, 'limit', 'set what somebody may use in a month')
    .option(
      '--tokens <number>',
      'tokens a month; none for no limit, default for the server’s',
      parseLimit(parseTokens),
    )
    .option('--cost <dollars>', 'dollars a month, likewise', parseLimit(parseDollars))
    .action(
      actOn(({ setUserLimits }, config, named, { tokens, cost }: { tokens?: Limit; cost?: Limit }) => {
        if (tokens === undefined && cost === undefined) throw usageError('Say --tokens, --cost, or both.');
        return setUserLimits(config, named, { tokens, costMicros: cost });
      }),
    );
  addOnUser(user, 'grant', 'add to what somebody may use this month')
    .option('--tokens <number>', 'how many tokens more', parseTokens, 0)
    .option('--cost <dollars>', 'how many dollars more', parseDollars, 0)
    .option('--note <text>', 'why, for the audit log')
    .action(
      actOn(({ grantToUser }, config, named, options: { tokens: number; cost: number; note?: string }) => {
        const { tokens, cost: costMicros, note = '' } = options;
        if (tokens + costMicros === 0) throw usageError('Say --tokens, --cost, or both.');
        return grantToUser(config, named, { tokens, costMicros }, note);
      }),
    );
  addOnUser(
    user,
    'delete',
    'remove somebody with their chats; the ledger keeps its entries, without the name',
  )
    .option('--yes', 'without being asked')
    .action(async (named: string, options: DataDirOptions & { yes?: boolean }) => {
      const [{ deleteUser, showUser }, { confirm }, config] = await Promise.all([
        import('@millrace/server/operator'),
        import('../output/confirm.ts'),
        settingsOf(options),
      ]);
      const { user: found } = await showUser(config, named);
      await confirm(`${plainLine(found.name)} and all their chats will be gone.`, named, options);
      const deleted = await deleteUser(config, found.id);
      new Output(options).result({ deleted }, `Deleted ${plainLine(deleted.name)}, ${deleted.id}.`);
    });
  return user;
}

function act<Options>(
  work: (operator: Operator, config: Config, output: Output, options: Options) => Promise<void>,
) {
  return async (options: DataDirOptions & Options) =>
    work(await import('@millrace/server/operator'), await settingsOf(options), new Output(options), options);
}

function actOn<Options>(
  work: (operator: Operator, config: Config, named: string, options: Options) => Promise<UserAccount>,
) {
  return async (named: string, options: DataDirOptions & Options) => {
    const loaded = await import('@millrace/server/operator');
    tell(new Output(options), await work(loaded, await settingsOf(options), named, options));
  };
}

function add(parent: Command, name: string, description: string): Command {
  return subcommand(parent, name, description).addOption(dataDirOption()).addOption(jsonOption());
}

function addOnUser(parent: Command, name: string, description: string): Command {
  return add(parent, name, description).argument('<user>', NAMED);
}

function tell(output: Output, account: UserAccount): void {
  output.result(account, describeAccount(account));
}

function parseLimit(parse: (text: string) => number): (text: string) => Limit {
  return (text) => (text === 'none' || text === 'default' ? text : parse(text));
}

function parseTokens(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes a whole number.');
}

/** @returns micro-dollars */
function parseDollars(text: string): number {
  const [, whole, decimals = ''] = /^(\d{1,6})(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  if (whole !== undefined) return Number(whole) * 1_000_000 + Number(decimals.padEnd(6, '0'));
  throw new InvalidArgumentError('It takes dollars such as 5 or 2.50.');
}
