import { chatTables } from './first-tables/chats.ts';
import { eventTables } from './first-tables/events.ts';
import { generationTables } from './first-tables/generations.ts';
import { ledgerTables } from './first-tables/ledger.ts';
import { otherTables } from './first-tables/others.ts';
import type { Migration } from './migration.ts';

export const firstTables: Migration = {
  name: '2026-11-21-first-tables',
  statements: (db) => [
    ...chatTables(db),
    ...generationTables(db),
    ...ledgerTables(db),
    ...otherTables(db),
    ...eventTables(db),
  ],
};
