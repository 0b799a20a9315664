import type { Command } from 'commander';

export interface CommandEntry {
  name: string;
  summary: string;
  /** Loaded only when it is called: `chat` has no use for what `serve` needs. */
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
    summary: 'say what is wrong with a server, its settings and its proxy',
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
    summary: 'bring a server’s tables to the newest shape',
    load: async () => (await import('./migrate.ts')).migrateCommand(),
  },
  {
    name: 'key',
    summary: 'create, list and revoke API keys',
    load: async () => (await import('./key.ts')).keyCommand(),
  },
  {
    name: 'ledger',
    summary: 'add a server’s ledger up anew',
    load: async () => (await import('./ledger.ts')).ledgerCommand(),
  },
];
