import type { StatementSync } from 'node:sqlite';
import { EventTail } from '../../core/event-tail.ts';
import type { LoggedEvent } from '../../core/event-tail.ts';
import type { ChatChannel } from '../../ports/chat-channel.ts';
import type { Logger } from '../../ports/logger.ts';
import type { SqliteDatabase } from '../store/sqlite-database.ts';
import { TailFollowers } from './tail-followers.ts';

type ChannelRow = LoggedEvent & { sequence: number };

/** Chat channels in the SQLite file of the store, which writes them in the transactions that make the changes. */
export class SqliteChatChannel implements ChatChannel {
  readonly #selectFrom: StatementSync;
  readonly #selectLast: StatementSync;
  readonly #followers: TailFollowers;

  constructor(database: SqliteDatabase, logger: Logger) {
    this.#selectFrom = database.connection.prepare(
      'select sequence, name, data from chat_events where chat_id = ? and sequence >= ? order by sequence',
    );
    this.#selectLast = database.connection.prepare(
      'select sequence from chat_events where chat_id = ? order by sequence desc limit 1',
    );
    this.#followers = new TailFollowers(
      (chatId, after) => this.#rowsFrom(chatId, after + 1),
      // Its newest event is never pruned.
      () => false,
      logger,
    );
  }

  async open(chatId: string, after: number | null): Promise<EventTail> {
    const last = (this.#selectLast.get(chatId) as { sequence: number } | undefined)?.sequence ?? 0;
    const rows = after === null || after >= last ? [] : this.#rowsFrom(chatId, after + 1);
    const tail = new EventTail(chatId, (rows[0]?.sequence ?? last + 1) - 1, rows);
    if (!tail.ended) this.#followers.add(tail);
    return tail;
  }

  async close(): Promise<void> {
    this.#followers.close();
  }

  #rowsFrom(chatId: string, sequence: number): ChannelRow[] {
    return this.#selectFrom.all(chatId, sequence) as unknown as ChannelRow[];
  }
}
