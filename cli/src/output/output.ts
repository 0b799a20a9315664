import { styleText } from 'node:util';
import { plainLine } from './plain-text.ts';

export type Style = Parameters<typeof styleText>[0];

/** What a command prints: tidy text for people, or JSON and nothing else for programs. */
export class Output {
  readonly isJson: boolean;

  constructor({ json = false }: { json?: boolean | undefined }) {
    this.isJson = json;
  }

  /** What was asked for: one JSON document, or a text that may have several lines. */
  result(value: unknown, text: string): void {
    if (this.isJson) this.json(value);
    else process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }

  json(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Something by the way, for people alone: on stderr, so that stdout is what was asked for. */
  note(text: string): void {
    if (!this.isJson) process.stderr.write(`${styled('dim', plainLine(text), process.stderr)}\n`);
  }
}

/** Coloured only on a terminal, and not where `NO_COLOR` is set. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}
