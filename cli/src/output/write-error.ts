import type { DescribedError } from '../errors.ts';
import { styled } from './output.ts';
import { plainLine } from './plain-text.ts';

/** One line on stderr. */
export function writeError({ code, message }: DescribedError, { isJson }: { isJson: boolean }): void {
  const line = isJson
    ? JSON.stringify({ error: { code, message } })
    : `${styled('red', 'millrace:', process.stderr)} ${plainLine(message)} (${code})`;
  process.stderr.write(`${line}\n`);
}
