import { createInterface } from 'node:readline/promises';
import { CommandError, usageError } from '../errors.ts';
import { plainLine } from './plain-text.ts';

/** Returns when the user types the word, or gave `--yes`. @throws CommandError otherwise */
export async function confirm(
  question: string,
  word: string,
  { yes }: { yes?: boolean | undefined },
): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY) throw usageError('Confirm with --yes: there is no terminal to ask at.');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await reader.question(`${question} Type ${plainLine(word)} to confirm: `);
  reader.close();
  if (answer.trim() !== word) throw new CommandError('not_confirmed', 'Not confirmed. Nothing was changed.');
}
