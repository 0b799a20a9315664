import { parseArgs } from 'node:util';

export interface Options {
  /** In the order in which they run. */
  scenarios: string[];
  isShort: boolean;
  isProfiled: boolean;
  /** The duration of the scenario `memory`; null for its default. */
  minutes: number | null;
}

/** An error of the command line, in one line. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

/** @throws OptionsError */
export function readOptions(args: string[], known: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new OptionsError(`Unknown scenario "${unknown}". Use one of: ${known.join(', ')}.`);
  }
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0)) throw new OptionsError('--minutes takes a number above 0.');
  return {
    scenarios: positionals.length > 0 ? positionals : [...known],
    isShort: values.short ?? false,
    isProfiled: values.profile ?? false,
    minutes,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        short: { type: 'boolean' },
        profile: { type: 'boolean' },
        minutes: { type: 'string' },
      },
    });
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : String(error));
  }
}
