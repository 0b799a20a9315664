import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { COMMANDS } from './commands/index.ts';

const AFTER_HELP = `
Settings are read from the environment, and from a file .env in the current folder.

Exit codes: 0 it went well, 1 it failed, 2 it was called wrongly, 130 it was interrupted.
An error is one line on stderr that ends with its code; with --json it is {"error": {"code", "message"}}.
`;

/** All commands, of which only the one that is called is loaded. */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('millrace')
    .description('The durable chat backend: AI replies that reach their reader whatever breaks on the way.')
    .version(ownVersion(), '-V, --version')
    .helpCommand('help [command]', 'help for a command')
    .addHelpText('after', AFTER_HELP);
  const named = args.filter((arg) => !arg.startsWith('-')).slice(0, 2);
  for (const { name, summary, load } of COMMANDS) {
    const isCalled = named[0] === name || (named[0] === 'help' && named[1] === name);
    const command = isCalled ? await load() : new Command(name);
    program.addCommand(command.summary(summary));
  }
  for (const command of withSubcommands(program)) {
    // Errors are for main.ts to print, in one line.
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  return program;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return version;
}
