import type { StatementSync } from 'node:sqlite';
import type { ChannelEventName } from '@millrace/protocol';
import { EventTail } from '../../../core/event-tail.ts';
import type { LoggedEvent } from '../../../core/event-tail.ts';
import type { ChatChannel } from '../../../ports/chat-channel.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import { TailFollowers } from './tail-followers.ts';
import type { Feed } from './tail-followers.ts';

type ChannelRow = [chatId: string, sequence: number, name: ChannelEventName, data: string];

/** Chat channels in the SQLite file of the store, which writes them in the transactions that make the changes. */
export class SqliteChatChannel implements ChatChannel {
  readonly #selectFrom: StatementSync;
  readonly #selectLast: StatementSync;
  readonly #followers: TailFollowers;

  constructor(database: SqliteDatabase, logger: Logger) {
    const prepare = (sql: string) => database.connection.prepare(sql);
    this.#selectFrom = prepare(
      'select sequence, name, data from chat_events where chat_id = ? and sequence >= ? order by sequence',
    );
    this.#selectLast = prepare(
      'select sequence from chat_events where chat_id = ? order by sequence desc limit 1',
    );
    const selectSince = prepare(
      'select chat_id, sequence, name, data from chat_events where position > ? order by position',
    );
    selectSince.setReturnArrays(true);
    const selectLastPosition = prepare("select seq from sqlite_sequence where name = 'chat_events'");
    const feed: Feed = {
      last: () => Number(selectLastPosition.get()?.['seq'] ?? 0),
      since: (position) =>
        (selectSince.all(position) as unknown as ChannelRow[]).map(([logId, sequence, name, data]) => ({
          logId,
          sequence,
          event: { name, data },
        })),
      load: (chatId, after) => this.#eventsFrom(chatId, after + 1),
      // Its newest event is never deleted.
      isGone: () => false,
      durable: () => database.durableEverywhere(),
    };
    this.#followers = new TailFollowers(feed, logger);
  }

  async open(chatId: string, after: number | null): Promise<EventTail> {
    const last = (this.#selectLast.get(chatId) as { sequence: number } | undefined)?.sequence ?? 0;
    const from = after ?? last;
    const known = this.#followers.find(chatId, from);
    // One that ended with a deletion doesn't hear that the chat was restored.
    if (known !== undefined && !known.hasEnded) return known;
    const events = from >= last ? [] : this.#eventsFrom(chatId, from + 1);
    // What is older than the first was pruned.
    const tail = new EventTail(chatId, last - events.length, events);
    this.#followers.add(tail);
    return tail;
  }

  async close(): Promise<void> {
    this.#followers.close();
  }

  #eventsFrom(chatId: string, sequence: number): LoggedEvent[] {
    return this.#selectFrom.all(chatId, sequence) as unknown as LoggedEvent[];
  }
}
