import { styleText } from 'node:util';
import { plainLine } from './plain-text.ts';

export type Style = Parameters<typeof styleText>[0];

/** Prints text for people, or with `--json` only JSON. */
export class Output {
  readonly isJson: boolean;

  constructor({ json = false }: { json?: boolean | undefined }) {
    this.isJson = json;
  }

  /** Prints the result: one JSON document, or a text of one or more lines. */
  result(value: unknown, text: string): void {
    if (this.isJson) this.json(value);
    else process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }

  json(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints a remark for people on stderr, so that stdout has only the result. */
  note(text: string): void {
    if (!this.isJson) process.stderr.write(`${styled('dim', plainLine(text), process.stderr)}\n`);
  }
}

/** Styles text on a terminal, unless `NO_COLOR` is set. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}
