import type { ChannelEventName } from '@millrace/protocol';
import type { Logger } from '../../../ports/logger.ts';
import { CHAT_NEWS } from '../../../store/transactions/chat-channel.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import type { LoadedRecords } from '../event-segment.ts';
import type { Cursor, FollowedTails } from '../followed-tails.ts';
import { StoredChatChannel } from '../stored-chat-channel.ts';
import type { ChannelBackend } from '../stored-chat-channel.ts';
import type { PostgresListener } from './postgres-listener.ts';

const SELECT = `
  select chat_id, sequence, name, data
  from unnest($1::text[], $2::bigint[]) as wanted(id, after)
  join chat_events on chat_id = wanted.id and sequence >= least(wanted.after,
    (select max(sequence) from chat_events where chat_id = wanted.id))
  order by chat_id, sequence`;
const SELECT_LAST = 'select max(sequence) as last from chat_events where chat_id = $1';

interface ChannelRow {
  chat_id: string;
  sequence: number;
  name: ChannelEventName;
  data: string;
}

export interface PostgresChatChannelOptions {
  database: PostgresDatabase;
  /** Not yet started. */
  listener: PostgresListener;
  logger: Logger;
}

/** Chat channels in the PostgreSQL database of the store, which announces their events by NOTIFY. */
export class PostgresChatChannel extends StoredChatChannel {
  constructor({ database, listener, logger }: PostgresChatChannelOptions) {
    super(new PostgresChannelBackend(database, listener), logger);
  }
}

class PostgresChannelBackend implements ChannelBackend {
  readonly #database: PostgresDatabase;
  readonly #listener: PostgresListener;

  constructor(database: PostgresDatabase, listener: PostgresListener) {
    this.#database = database;
    this.#listener = listener;
  }

  connect(tails: FollowedTails): void {
    this.#listener.listen(CHAT_NEWS, {
      onNotification(payload) {
        const [chatId = '', last] = payload.split(' ');
        tails.announce(chatId, Number(last));
      },
      onGap: () => tails.reloadAll(),
    });
  }

  async lastSequence(chatId: string): Promise<number> {
    const [row] = await this.#database.query<{ last: number | null }>(SELECT_LAST, [chatId]);
    return row?.last ?? 0;
  }

  /** This connection receives notifications of all chats. */
  async subscribe(): Promise<boolean> {
    return false;
  }

  unsubscribe(): void {
    // Notifications of chats that aren't followed are ignored.
  }

  async load(cursors: readonly Cursor[]): Promise<Map<string, LoadedRecords>> {
    const rows = await this.#database.query<ChannelRow>(SELECT, [
      cursors.map(({ logId }) => logId),
      cursors.map(({ after }) => after),
    ]);
    const loaded = new Map<string, LoadedRecords>();
    for (const { chat_id, sequence, name, data } of rows) {
      let ofChat = loaded.get(chat_id);
      if (ofChat === undefined) loaded.set(chat_id, (ofChat = { base: sequence - 1, records: [] }));
      ofChat.records.push({ name, data });
    }
    return loaded;
  }

  /** A channel never ends: the newest event of each chat is never deleted. */
  async findComplete(): Promise<Set<string>> {
    return new Set();
  }
}
