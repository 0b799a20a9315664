import type { Command } from 'commander';

export interface CommandEntry {
  name: string;
  summary: string;
  /** Loads the command when it is called, so that `chat` doesn't load the server. */
  load: () => Promise<Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'chat',
    summary: 'chat in the terminal, or ask one question',
    load: async () => (await import('./chat.ts')).chatCommand(),
  },
  {
    name: 'serve',
    summary: 'run the server and the web app',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  {
    name: 'doctor',
    summary: 'find problems of a server, its settings and its proxy',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  {
    name: 'export',
    summary: 'write chats to files',
    load: async () => (await import('./export.ts')).exportCommand(),
  },
  {
    name: 'user',
    summary: 'list, create, limit and delete users of a server',
    load: async () => (await import('./user.ts')).userCommand(),
  },
  {
    name: 'migrate',
    summary: 'migrate a server’s database',
    load: async () => (await import('./migrate.ts')).migrateCommand(),
  },
  {
    name: 'key',
    summary: 'create, list and revoke API keys',
    load: async () => (await import('./key.ts')).keyCommand(),
  },
  {
    name: 'ledger',
    summary: 'check a server’s ledger',
    load: async () => (await import('./ledger.ts')).ledgerCommand(),
  },
];
