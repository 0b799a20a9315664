import type { ChannelEventName } from '@millrace/protocol';
import type { EventTail } from '../../../core/event-tail.ts';
import type { ChatChannel } from '../../../ports/chat-channel.ts';
import type { Logger } from '../../../ports/logger.ts';
import { CHAT_NEWS } from '../../../store/transactions/chat-channel.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import type { LoadedEvents } from '../event-segment.ts';
import { FollowedTails } from '../followed-tails.ts';
import type { Cursor, TailSource } from '../followed-tails.ts';
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

export interface PostgresChatChannelParts {
  database: PostgresDatabase;
  /** Not yet started. */
  listener: PostgresListener;
  logger: Logger;
}

/** Chat channels in the PostgreSQL database of the store, which writes and tells of them in the transactions that make the changes. */
export class PostgresChatChannel implements ChatChannel {
  readonly #database: PostgresDatabase;
  readonly #tails: FollowedTails;

  constructor({ database, listener, logger }: PostgresChatChannelParts) {
    this.#database = database;
    const source: TailSource = {
      // PostgreSQL tells of all chats; those that nobody follows are passed over.
      subscribe: async () => false,
      unsubscribe() {},
      load: (wanted) => this.#load(wanted),
      // Its newest event is never deleted.
      closed: async () => new Set(),
    };
    const tails = new FollowedTails(source, logger);
    this.#tails = tails;
    listener.listen(CHAT_NEWS, {
      told(payload) {
        const [chatId = '', last] = payload.split(' ');
        tails.announce(chatId, Number(last));
      },
      missed: () => tails.reloadAll(),
    });
  }

  async open(chatId: string, after: number | null): Promise<EventTail> {
    return this.#tails.open(chatId, after ?? (await this.#last(chatId)));
  }

  async close(): Promise<void> {
    this.#tails.close();
  }

  async #last(chatId: string): Promise<number> {
    const [row] = await this.#database.query<{ last: number | null }>(SELECT_LAST, [chatId]);
    return row?.last ?? 0;
  }

  async #load(wanted: readonly Cursor[]): Promise<Map<string, LoadedEvents>> {
    const loaded = new Map<string, LoadedEvents>();
    const rows = await this.#database.query<ChannelRow>(SELECT, [
      wanted.map(({ logId }) => logId),
      wanted.map(({ after }) => after),
    ]);
    for (const { chat_id, sequence, name, data } of rows) {
      let ofChat = loaded.get(chat_id);
      if (ofChat === undefined) loaded.set(chat_id, (ofChat = { base: sequence - 1, events: [] }));
      ofChat.events.push({ name, data });
    }
    return loaded;
  }
}
