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
  return new Option('--data-dir <folder>', 'the server’s folder (default: DATA_DIR, or ./data)');
}

export function dataDirOf({ dataDir = process.env.DATA_DIR }: { dataDir?: string | undefined }): string {
  return dataDir?.trim() || './data';
}

export interface DataDirOptions {
  dataDir?: string | undefined;
  json?: boolean | undefined;
}

/** Those of the server whose folder it is. @throws ConfigError */
export async function settingsOf(options: DataDirOptions): Promise<Config> {
  const { readConfig } = await import('@millrace/server/config');
  return readConfig({ ...process.env, DATA_DIR: dataDirOf(options) });
}

/** @param summary in small letters and without a full stop, as lists of commands have it */
export function subcommand(parent: Command, name: string, summary: string): Command {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return parent.command(name).summary(summary).description(sentence);
}
