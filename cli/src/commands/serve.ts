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
    .description('Runs the server and the web app, as npm start does, until Ctrl+C or SIGTERM.')
    .option('--port <number>', 'where it listens (PORT, default: 4000)')
    .option('--host <address>', 'on which address (HOST, default: 127.0.0.1)')
    .option('--data-dir <folder>', 'where databases and secrets are (DATA_DIR, default: ./data)')
    .addOption(jsonOption('lines of JSON at a terminal too; the address comes as {"ready": …}'))
    .addHelpText('after', settingsHelp)
    .action(async ({ port, host, dataDir, json }: ServeOptions) => {
      const { serve } = await import('@millrace/server');
      const given = { PORT: port, HOST: host, DATA_DIR: dataDir };
      const flags = Object.entries(given).filter(([, value]) => value !== undefined);
      await serve({ ...process.env, ...Object.fromEntries(flags) }, { json });
    });
}

function settingsHelp(): string {
  const lines = describeSettings().map(({ name, takes }) => `  ${name.padEnd(24)}${takes}\n`);
  return `\nAll else by environment, or in a file .env (docs/settings.md has the defaults):\n${lines.join('')}`;
}
