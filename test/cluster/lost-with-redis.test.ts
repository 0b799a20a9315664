import { expect, test } from 'vitest';
import { readEvents, readReply } from '../support/caller.ts';
import { noRedisServer, RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { Cluster, noCluster } from './cluster.ts';

/** Of what was written longer ago PostgreSQL has all, on a machine that is about as slow as a test's may be (ms). */
const A_CHECKPOINT = 2500;
const missing = noCluster || noRedisServer;
const because = missing === '' ? '' : ` (skipped: ${missing})`;

test.skipIf(missing !== '')(
  `when Redis loses everything in the moment in which a node dies, its replies end with all but their last second${because}`,
  async () => {
    await using redis = await RedisServer.start();
    await using cluster = await Cluster.start({
      log: 'PostgreSQL and Redis',
      clocks: [0, 0],
      settings: { REDIS_URL: redis.url, LEASE_MS: '1500' },
      model: { pace: { chunkDelayMs: 20, chunkChars: 8 } },
    });
    const asks = await cluster.guest(0);
    const reads = cluster.at(1, asks);
    const tabs = await Promise.all(
      Array.from({ length: 8 }, async (_item, index) => {
        const { id } = await asks.createChat();
        const content = `Reply ${index} `.repeat(2000);
        const asked = readEvents(await asks.send('POST', `/api/chats/${id}/messages`, { content }));
        const { value: meta } = await asked.next();
        await asked.return(undefined);
        const generationId = meta?.generationId ?? '';
        const pieces: { text: string; at: number }[] = [];
        const stream = await reads.fetch(`/api/generations/${generationId}/events`);
        const reading = (async () => {
          let last = 0;
          try {
            for await (const event of readEvents(stream)) {
              last = event.sequence;
              if (event.event === 'delta') pieces.push({ text: event.data.text, at: Date.now() });
            }
          } catch (error) {
            // Who can't go on is cut off, to ask anew.
            if (!(error instanceof TypeError)) throw error;
          }
          return last;
        })();
        return { generationId, pieces, reading };
      }),
    );
    const spans = () => tabs.map(({ pieces }) => (pieces.at(-1)?.at ?? 0) - (pieces[0]?.at ?? 0));
    await until('each has run for several checkpoints', () => Math.min(...spans()) > 2 * A_CHECKPOINT);

    const lostAt = Date.now();
    await Promise.all([cluster.nodeOf(0).kill(), redis.kill('all')]);
    await redis.restart();

    for (const { generationId, pieces, reading } of tabs) {
      const cursor = await reading;
      const rest = await readReply(
        await reads.fetch(`/api/generations/${generationId}/events?after=${cursor}`),
      );
      expect(rest.events.map(({ event }) => event)).toEqual(['snapshot', 'error']);
      expect(rest.events[0]?.sequence).toBeGreaterThanOrEqual(1_000_000);
      expect(rest.last).toMatchObject({ data: { status: 'interrupted' } });
      const snapshot = rest.events[0]?.event === 'snapshot' ? rest.events[0].data.message : null;
      const kept = snapshot?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? '';
      const seen = pieces.map(({ text }) => text).join('');
      expect(seen.startsWith(kept)).toBe(true);
      let length = 0;
      const firstLost = pieces.find(({ text }) => (length += text.length) > kept.length);
      expect(lostAt - (firstLost?.at ?? lostAt)).toBeLessThan(A_CHECKPOINT);
    }
  },
  60_000,
);
