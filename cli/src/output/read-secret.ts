import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EXIT_CODES, usageError } from '../errors.ts';

/**
 * A password: typed twice at a terminal, which doesn't show it, or all that stdin holds. Never an argument, which others on the
 * machine can see.
 * @throws CommandError
 */
export async function readNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
  const password = await readHidden('Password: ');
  if ((await readHidden('Again: ')) === password) return password;
  throw usageError('The two passwords are not the same.');
}

function readHidden(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Now that the terminal shows nothing of what is typed.
  process.stderr.write(prompt);
  return new Promise((resolve) => {
    reader.once('line', (line) => {
      reader.close();
      process.stderr.write('\n');
      resolve(line);
    });
    reader.once('SIGINT', () => process.exit(EXIT_CODES.interrupted));
  });
}
