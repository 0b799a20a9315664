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

const USER_ARGUMENT = 'an id or an email address';

export function userCommand(): Command {
  const user = new Command('user').description(
    'Manages the users of a server. It works on the server’s database, also while the server runs.',
  );
  const role = new Option(
    '--role <name>',
    'the role (default: user; the first user becomes an administrator)',
  ).choices(['admin', 'user']);
  addCommand(user, 'list', 'list users, oldest first')
    .option('--search <text>', 'show users whose name or email address contains this text')
    .action(
      withOperator(async ({ listUsers }, config, output, options: { search?: string }) => {
        const items = await listUsers(config, options.search);
        output.result({ items }, listAccounts(items));
      }),
    );
  addCommand(user, 'create', 'create a user; the password is read from the terminal or from stdin')
    .argument('<email>')
    .option('--name <name>', 'the name to show (default: the part of the email address before the @)')
    .addOption(role)
    .action(async (email: string, options: DataDirOptions & { name?: string; role?: Role }) => {
      const [{ createUser }, { readNewPassword }] = await Promise.all([
        import('@millrace/server/operator'),
        import('../output/read-secret.ts'),
      ]);
      const name = options.name ?? email.replace(/@.*/, '');
      const user = { email, name, role: options.role, password: await readNewPassword() };
      printAccount(new Output(options), await createUser(await settingsOf(options), user));
    });
  addUserCommand(user, 'show', 'show a user’s limits and this month’s usage').action(
    withAccount(({ showUser }, config, idOrEmail) => showUser(config, idOrEmail)),
  );
  addUserCommand(user, 'role', 'change the role of a user')
    .addArgument(new Argument('<role>').choices(['admin', 'user']))
    .action(async (idOrEmail: string, role: Role, options: DataDirOptions) => {
      const { setUserRole } = await import('@millrace/server/operator');
      printAccount(new Output(options), await setUserRole(await settingsOf(options), idOrEmail, role));
    });
  addUserCommand(user, 'limit', 'set the monthly limits of a user')
    .option(
      '--tokens <number>',
      'tokens a month; "none" for no limit, "default" for the server’s',
      parseLimit(parseTokens),
    )
    .option('--cost <dollars>', 'dollars a month; "none" or "default", as above', parseLimit(parseDollars))
    .action(
      withAccount(
        ({ setUserLimits }, config, idOrEmail, { tokens, cost }: { tokens?: Limit; cost?: Limit }) => {
          if (tokens === undefined && cost === undefined) throw usageError('Give --tokens, --cost, or both.');
          return setUserLimits(config, idOrEmail, { tokens, costMicros: cost });
        },
      ),
    );
  addUserCommand(user, 'grant', 'add to a user’s budget of this month')
    .option('--tokens <number>', 'tokens to add', parseTokens, 0)
    .option('--cost <dollars>', 'dollars to add', parseDollars, 0)
    .option('--note <text>', 'the reason, for the audit log')
    .action(
      withAccount(
        ({ grantToUser }, config, idOrEmail, options: { tokens: number; cost: number; note?: string }) => {
          const { tokens, cost: costMicros, note = '' } = options;
          if (tokens + costMicros === 0) throw usageError('Give --tokens, --cost, or both.');
          return grantToUser(config, idOrEmail, { tokens, costMicros }, note);
        },
      ),
    );
  addUserCommand(
    user,
    'delete',
    'delete a user and their chats; the ledger keeps their entries without the name',
  )
    .option('--yes', 'don’t ask for confirmation')
    .action(async (idOrEmail: string, options: DataDirOptions & { yes?: boolean }) => {
      const [{ deleteUser, showUser }, { confirm }, config] = await Promise.all([
        import('@millrace/server/operator'),
        import('../output/confirm.ts'),
        settingsOf(options),
      ]);
      const { user: found } = await showUser(config, idOrEmail);
      await confirm(`This deletes ${plainLine(found.name)} and all their chats.`, idOrEmail, options);
      const deleted = await deleteUser(config, found.id);
      new Output(options).result({ deleted }, `Deleted ${plainLine(deleted.name)}, ${deleted.id}.`);
    });
  return user;
}

function withOperator<Options>(
  work: (operator: Operator, config: Config, output: Output, options: Options) => Promise<void>,
) {
  return async (options: DataDirOptions & Options) =>
    work(await import('@millrace/server/operator'), await settingsOf(options), new Output(options), options);
}

function withAccount<Options>(
  work: (operator: Operator, config: Config, idOrEmail: string, options: Options) => Promise<UserAccount>,
) {
  return async (idOrEmail: string, options: DataDirOptions & Options) => {
    const loaded = await import('@millrace/server/operator');
    printAccount(new Output(options), await work(loaded, await settingsOf(options), idOrEmail, options));
  };
}

function addCommand(parent: Command, name: string, description: string): Command {
  return subcommand(parent, name, description).addOption(dataDirOption()).addOption(jsonOption());
}

function addUserCommand(parent: Command, name: string, description: string): Command {
  return addCommand(parent, name, description).argument('<user>', USER_ARGUMENT);
}

function printAccount(output: Output, account: UserAccount): void {
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
