import type { Config } from '@millrace/server/config';
import { Option } from 'commander';
import type { Command } from 'commander';

/** To whom a command talks, and as whom. */
export function connectionOptions(): Option[] {
  return [
    new Option('--url <address>', 'the server (default: MILLRACE_URL, or http://127.0.0.1:4000)'),
    new Option(
      '--key <credential>',
      'an API key, a session token or a JWT (default: MILLRACE_KEY, or else a guest)',
    ),
  ];
}

export function jsonOption(what = 'JSON instead of text'): Option {
  return new Option('--json', what);
}

/** Whose databases a command works on. */
export function dataDirOption(): Option {
  return new Option(
    '--data-dir <folder>',
    'the server’s folder (default: what DATABASE_URL or DATA_DIR name, or ./data)',
  );
}

export interface DataDirOptions {
  dataDir?: string | undefined;
  json?: boolean | undefined;
}

/** Those of the server that keeps its things there. @throws ConfigError */
export async function settingsOf({ dataDir }: DataDirOptions): Promise<Config> {
  const { readConfig } = await import('@millrace/server/config');
  // A folder that is named is meant, whatever else the environment says.
  const named = { DATA_DIR: dataDir, DATABASE_URL: undefined, REDIS_URL: undefined };
  return readConfig({ ...process.env, ...(dataDir === undefined ? {} : named) });
}

/** @param summary in small letters and without a full stop, as lists of commands have it */
export function subcommand(parent: Command, name: string, summary: string): Command {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return parent.command(name).summary(summary).description(sentence);
}
