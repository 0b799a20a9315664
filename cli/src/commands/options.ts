import type { Config } from '@millrace/server/config';
import { Option } from 'commander';
import type { Command } from 'commander';

/** The server that a command calls, and the credential that it uses. */
export function connectionOptions(): Option[] {
  return [
    new Option('--url <address>', 'the server (default: MILLRACE_URL, or http://127.0.0.1:4000)'),
    new Option(
      '--key <credential>',
      'an API key, a session token or a JWT (default: MILLRACE_KEY, or a guest session)',
    ),
  ];
}

export function jsonOption(description = 'print JSON instead of text'): Option {
  return new Option('--json', description);
}

/** The data folder that a command works on. */
export function dataDirOption(): Option {
  return new Option(
    '--data-dir <folder>',
    'the server’s data folder (default: DATABASE_URL, DATA_DIR, or ./data)',
  );
}

export interface DataDirOptions {
  dataDir?: string | undefined;
  json?: boolean | undefined;
}

/** The settings of the server, with its data folder replaced when the option is given. @throws ConfigError */
export async function settingsOf({ dataDir }: DataDirOptions): Promise<Config> {
  const { readConfig } = await import('@millrace/server/config');
  // The option takes precedence over the environment.
  const overrides = { DATA_DIR: dataDir, DATABASE_URL: undefined, REDIS_URL: undefined };
  return readConfig({ ...process.env, ...(dataDir === undefined ? {} : overrides) });
}

/** @param summary in lower case and without a full stop, as the list of commands shows it */
export function subcommand(parent: Command, name: string, summary: string): Command {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return parent.command(name).summary(summary).description(sentence);
}
