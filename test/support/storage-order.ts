/**
 * Loaded into a server before its code (`node --import`). On an order over IPC its connection to the chats' database fails with
 * SQLite's own errors.
 */
import { DatabaseSync } from 'node:sqlite';

export interface StorageOrder {
  fault: 'full' | 'read-only';
  isOn: boolean;
  /** The number of further commits after which the fault begins; 0 begins at once. */
  afterCommits: number;
}

/** SQLite refuses pages above `max_page_count`, which it never sets below the current number. */
const PRAGMAS = {
  full: { on: 'pragma max_page_count = 1', off: 'pragma max_page_count = 1073741823' },
  'read-only': { on: 'pragma query_only = on', off: 'pragma query_only = off' },
} as const;

let connection: DatabaseSync | null = null;
let commits = 0;
let due: { at: number; pragma: string } | null = null;

// The original is called with the `this` it was called on.
// oxlint-disable-next-line typescript/unbound-method
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function watchedExec(sql) {
  exec.call(this, sql);
  if (this.location()?.endsWith('millrace.db') === true) onExec(this, sql);
};

function onExec(database: DatabaseSync, sql: string): void {
  connection = database;
  if (sql !== 'commit') return;
  commits += 1;
  carryOut();
}

function carryOut(): void {
  if (connection === null || due === null || commits < due.at) return;
  exec.call(connection, due.pragma);
  due = null;
}

process.on('message', ({ fault, isOn, afterCommits }: StorageOrder) => {
  due = { at: commits + afterCommits, pragma: PRAGMAS[fault][isOn ? 'on' : 'off'] };
  carryOut();
  process.send?.('done');
});
// The open IPC channel doesn't keep the server running.
process.channel?.unref();
