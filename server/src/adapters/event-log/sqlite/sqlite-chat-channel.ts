import type { StatementSync } from 'node:sqlite';
import type { ChannelEventName } from '@millrace/protocol';
import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { LoadedRecords } from '../event-segment.ts';
import type { Cursor, FollowedTails } from '../followed-tails.ts';
import { StoredChatChannel } from '../stored-chat-channel.ts';
import type { ChannelBackend } from '../stored-chat-channel.ts';
import { SqlitePoller } from './sqlite-poller.ts';

interface ChannelRow {
  sequence: number;
  name: ChannelEventName;
  data: string;
}

/** Chat channels in the SQLite file of the store. */
export class SqliteChatChannel extends StoredChatChannel {
  constructor(database: SqliteDatabase, logger: Logger) {
    super(new SqliteChannelBackend(database, logger), logger);
  }
}

class SqliteChannelBackend implements ChannelBackend {
  readonly #database: SqliteDatabase;
  readonly #poller: SqlitePoller;
  readonly #select: StatementSync;
  readonly #selectLast: StatementSync;

  constructor(database: SqliteDatabase, logger: Logger) {
    this.#database = database;
    const table = { name: 'chat_events', logId: 'chat_id', hasPrivateData: false };
    this.#poller = new SqlitePoller(database, table, logger);
    this.#select = database.connection.prepare(`
      select sequence, name, data from chat_events
      where chat_id = ?1 and sequence >= min(?2, (select max(sequence) from chat_events where chat_id = ?1))
      order by sequence`);
    this.#selectLast = database.connection.prepare(
      'select max(sequence) as last from chat_events where chat_id = ?',
    );
  }

  connect(tails: FollowedTails): void {
    this.#poller.connect(tails);
  }

  async lastSequence(chatId: string): Promise<number> {
    const row = this.#selectLast.get(chatId) as { last: number | null } | undefined;
    return row?.last ?? 0;
  }

  async subscribe(): Promise<boolean> {
    return this.#poller.start();
  }

  unsubscribe(): void {
    this.#poller.stopIfUnused();
  }

  async load(cursors: readonly Cursor[]): Promise<Map<string, LoadedRecords>> {
    const loaded = new Map<string, LoadedRecords>();
    for (const { logId, after } of cursors) {
      const rows = this.#select.all(logId, after) as unknown as ChannelRow[];
      const [first] = rows;
      if (first === undefined) continue;
      const records = rows.map(({ name, data }) => ({ name, data }));
      loaded.set(logId, { base: first.sequence - 1, records });
    }
    // Another process may have committed some of it just now.
    await this.#database.durableEverywhere();
    return loaded;
  }

  /** A channel never ends: the newest event of each chat is never deleted. */
  async findComplete(): Promise<Set<string>> {
    return new Set();
  }
}
