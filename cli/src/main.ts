import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { CommanderError } from 'commander';
import { describeError, usageError } from './errors.ts';
import { writeError } from './output/write-error.ts';
import { createProgram } from './program.ts';

/** Settings may be kept in a file of the current folder; what the environment has goes before it. */
const SETTINGS_FILE = '.env';

/** Runs the command that the process was called with, and sets its exit code. */
export async function main(): Promise<void> {
  const args = process.argv.slice(2);
  // Whatever a command writes is about what people wrote, and nobody else's on this machine to read.
  process.umask(0o077);
  // Whoever read what we print has seen enough, as `head` does.
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

/** Null where help or the version was asked for, and has been printed. */
function fromParser(error: CommanderError): Error | null {
  if (error.exitCode === 0) return null;
  // Commander has printed its help where no command was named.
  const what = error.code === 'commander.help' ? 'Name a command.' : error.message.replace(/^error: /, '');
  return usageError(what);
}

/** Also where the arguments can't be understood. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}
