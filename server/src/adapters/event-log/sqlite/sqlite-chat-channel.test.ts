import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { chatChannelContract } from '../../../ports/chat-channel.contract.ts';
import { pruneChannels, publishToChannel } from '../../../store/transactions/chat-channel.ts';
import { migrate } from '../../../store/migrations/migrate.ts';
import { QueryBuilder } from '../../../store/query-builder.ts';
import { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import { SqliteChatChannel } from './sqlite-chat-channel.ts';

chatChannelContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-channel-'));
  const builder = new QueryBuilder('sqlite');
  const databases = [1, 2].map(() => new SqliteDatabase(join(folder, 'channel.db')));
  const [database, another] = databases as [SqliteDatabase, SqliteDatabase];
  database.writeNow(migrate({ db: builder, now: 0 }));
  database.connection.exec('pragma foreign_keys = off');
  const channel = new SqliteChatChannel(database, SILENT_LOGGER);
  const elsewhere = new SqliteChatChannel(another, SILENT_LOGGER);
  return {
    channel,
    elsewhere,
    publish: async (chatId, messageId) =>
      database.writeNow(
        publishToChannel({ db: builder, now: 0 }, chatId, { rating: { messageId, rating: null } }),
      ),
    prune: async () => database.writeNow(pruneChannels({ db: builder }, 1)),
    async close() {
      await Promise.all([channel.close(), elsewhere.close()]);
      for (const each of databases) each.close();
      rmSync(folder, { recursive: true });
    },
  };
});
