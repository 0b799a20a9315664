import { createInterface } from 'node:readline/promises';
import { CommandError, usageError } from '../errors.ts';
import { plainLine } from './plain-text.ts';

/** Goes on only when somebody has typed the word that is asked for, or has said `--yes` before. @throws CommandError */
export async function confirm(
  question: string,
  word: string,
  { yes }: { yes?: boolean | undefined },
): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY) throw usageError('Nobody is there to be asked: say --yes.');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await reader.question(`${question} Type ${plainLine(word)} to go on: `);
  reader.close();
  if (answer.trim() !== word) throw new CommandError('not_confirmed', 'Nothing was done.');
}
