import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { CommanderError } from 'commander';
import { describeError, usageError } from './errors.ts';
import { writeError } from './output/write-error.ts';
import { createProgram } from './program.ts';

/** A file of settings in the current folder. Variables of the environment take precedence. */
const SETTINGS_FILE = '.env';

/** Runs the command that the process was called with, and sets its exit code. */
export async function main(): Promise<void> {
  const args = process.argv.slice(2);
  // Files that a command writes may hold what people wrote, so only their owner may read them.
  process.umask(0o077);
  // The reader of our output has closed it, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    if (existsSync(SETTINGS_FILE)) loadEnvFile(SETTINGS_FILE);
    const program = await createProgram(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    const error = thrown instanceof CommanderError ? fromParser(thrown) : thrown;
    if (error === null) return;
    const described = describeError(error);
    writeError(described, { isJson: wantsJson(args) });
    process.exitCode = described.exitCode;
  }
}

/** Returns null after help or the version was printed. */
function fromParser(error: CommanderError): Error | null {
  if (error.exitCode === 0) return null;
  // Commander has printed its help when no command was given.
  const message = error.code === 'commander.help' ? 'Name a command.' : error.message.replace(/^error: /, '');
  return usageError(message);
}

/** Looks for `--json` also in arguments that can't be parsed. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}
