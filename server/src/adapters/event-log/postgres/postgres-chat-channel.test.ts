import { afterAll, beforeAll, describe } from 'vitest';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { chatChannelContract } from '../../../ports/chat-channel.contract.ts';
import { pruneChannels, publishToChannel } from '../../../store/transactions/chat-channel.ts';
import { isPostgresMissing } from '../../../store/postgres/postgres.fixture.ts';
import { PostgresChatChannel } from './postgres-chat-channel.ts';
import { PostgresListener } from './postgres-listener.ts';
import { createLogDatabase } from './postgres-logs.fixture.ts';
import type { LogDatabase } from './postgres-logs.fixture.ts';

describe.skipIf(isPostgresMissing)('the chat channel on PostgreSQL (MILLRACE_POSTGRES)', () => {
  let logs: LogDatabase;
  beforeAll(async () => {
    logs = await createLogDatabase();
    await logs.database.query('alter table chat_events disable trigger all');
  });
  afterAll(() => logs.drop());

  chatChannelContract('PostgreSQL', async () => {
    await logs.reset();
    const { database, url } = logs;
    const listeners = [1, 2].map(() => new PostgresListener({ url, logger: SILENT_LOGGER }));
    const [channel, elsewhere] = listeners.map(
      (listener) => new PostgresChatChannel({ database, listener, logger: SILENT_LOGGER }),
    ) as [PostgresChatChannel, PostgresChatChannel];
    await Promise.all(listeners.map((listener) => listener.start()));
    return {
      channel,
      elsewhere,
      publish: (chatId, messageId) =>
        database.write(() =>
          publishToChannel({ db: database.builder, now: 0 }, chatId, { rating: { messageId, rating: null } }),
        ),
      prune: () => database.write(() => pruneChannels({ db: database.builder }, 1)),
      async close() {
        await Promise.all([channel.close(), elsewhere.close()]);
        await Promise.all(listeners.map((listener) => listener.close()));
      },
    };
  });
});
