import { describeSettings } from '@millrace/server/config';
import { Command } from 'commander';
import { jsonOption } from './options.ts';

interface ServeOptions {
  port?: string | undefined;
  host?: string | undefined;
  dataDir?: string | undefined;
  json?: boolean | undefined;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs the server and the web app until Ctrl+C or SIGTERM.')
    .option('--port <number>', 'the port to listen on (PORT, default: 4000)')
    .option('--host <address>', 'the address to listen on (HOST, default: 127.0.0.1)')
    .option('--data-dir <folder>', 'the folder of the databases and the secret (DATA_DIR, default: ./data)')
    .addOption(jsonOption('print lines of JSON at a terminal too; the address is in {"ready": …}'))
    .addHelpText('after', settingsHelp)
    .action(async ({ port, host, dataDir, json }: ServeOptions) => {
      const { serve } = await import('@millrace/server');
      const given = { PORT: port, HOST: host, DATA_DIR: dataDir };
      const flags = Object.entries(given).filter(([, value]) => value !== undefined);
      await serve({ ...process.env, ...Object.fromEntries(flags) }, { json });
    });
}

function settingsHelp(): string {
  const settings = describeSettings();
  const width = Math.max(...settings.map(({ name }) => name.length)) + 2;
  const lines = settings.map(({ name, takes }) => `  ${name.padEnd(width)}${takes}\n`);
  return `\nAll settings, as environment variables or lines of a file .env (see docs/settings.md):\n${lines.join('')}`;
}
