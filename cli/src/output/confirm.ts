import { createInterface } from 'node:readline';
import { CommandError, EXIT_CODES, usageError } from '../errors.ts';
import { plainLine } from './plain-text.ts';

/** Returns when the user types the word, or gave `--yes`. @throws CommandError otherwise */
export async function confirm(
  question: string,
  word: string,
  { yes }: { yes?: boolean | undefined },
): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY) throw usageError('Confirm with --yes: there is no terminal to ask at.');
  const answer = await ask(`${question} Type ${plainLine(word)} to confirm: `);
  if (answer.trim() !== word) throw new CommandError('not_confirmed', 'Not confirmed. Nothing was changed.');
}

/** @returns what the user types; nothing after Ctrl+D */
function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    reader.once('close', () => resolve(''));
    reader.once('SIGINT', () => process.exit(EXIT_CODES.interrupted));
    reader.question(question, (answer) => {
      resolve(answer);
      reader.close();
    });
  });
}
