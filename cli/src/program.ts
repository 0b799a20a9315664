import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { COMMANDS } from './commands/index.ts';

const AFTER_HELP = `
Settings are environment variables, or lines of a file .env in the current folder.

Exit codes: 0 success, 1 failure, 2 invalid usage or settings, 130 interrupted.
An error is one line on stderr that ends with its code; with --json it is {"error": {"code", "message"}}.
`;

/** Creates the program with all commands. Only the command that is called is loaded. */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('millrace')
    .description(
      'The durable chat backend: AI replies that reach their reader even if the connection or the server fails.',
    )
    .version(ownVersion(), '-V, --version')
    .helpCommand('help [command]', 'help for a command')
    .addHelpText('after', AFTER_HELP);
  const words = args.filter((arg) => !arg.startsWith('-')).slice(0, 2);
  for (const { name, summary, load } of COMMANDS) {
    const isCalled = words[0] === name || (words[0] === 'help' && words[1] === name);
    const command = isCalled ? await load() : new Command(name);
    program.addCommand(command.summary(summary));
  }
  for (const command of withSubcommands(program)) {
    // main.ts prints errors, in one line.
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
