import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EXIT_CODES, usageError } from '../errors.ts';

/**
 * Reads a password: typed twice and hidden at a terminal, otherwise all of stdin. Never an argument, which other users of the
 * machine can see.
 * @throws CommandError
 */
export async function readNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
  const password = await readHidden('Password: ');
  if ((await readHidden('Again: ')) === password) return password;
  throw usageError('The two passwords differ. Try again.');
}

function readHidden(prompt: string): Promise<string> {
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: discard, terminal: true });
  // The terminal has stopped showing input by now.
  process.stderr.write(prompt);
  return new Promise((resolve, reject) => {
    reader.once('line', (line) => {
      resolve(line);
      reader.close();
    });
    reader.once('close', () => {
      process.stderr.write('\n');
      // After Ctrl+D.
      reject(usageError('No password was typed.'));
    });
    reader.once('SIGINT', () => process.exit(EXIT_CODES.interrupted));
  });
}
