import { Client } from 'pg';
import { expect, test } from 'vitest';
import { readEvents, readReply } from '../support/caller.ts';
import type { Caller } from '../support/caller.ts';
import { noRedisServer, RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { Cluster, noCluster } from './cluster.ts';

const MIN_CHECKPOINTS = 3;
/** Long enough that a busy machine doesn't let the lease of a running node expire. */
const LEASE_MS = '6000';
const missing = noCluster || noRedisServer;
const because = missing === '' ? '' : ` (skipped: ${missing})`;

/** Starts a reply on one node and reads it on another. */
async function startReply(asks: Caller, reads: Caller, content: string) {
  const { id } = await asks.createChat();
  const own = readEvents(await asks.send('POST', `/api/chats/${id}/messages`, { content }));
  const { value: meta } = await own.next();
  await own.return(undefined);
  const generationId = meta?.generationId ?? '';
  const pieces: { text: string; sequence: number }[] = [];
  const stream = await reads.fetch(`/api/generations/${generationId}/events`);
  const read = async () => {
    let last = 0;
    try {
      for await (const { sequence, event, data } of readEvents(stream)) {
        last = sequence;
        if (event === 'delta') pieces.push({ text: data.text, sequence });
      }
    } catch (error) {
      // The node closes the connection of a reader whose events are lost, so that it reconnects.
      if (!(error instanceof TypeError)) throw error;
    }
    return last;
  };
  return { generationId, pieces, lastSequence: read() };
}

test.skipIf(missing !== '')(
  `when Redis loses all data in the moment in which a node dies, its replies end with everything up to their last checkpoint${because}`,
  async () => {
    await using redis = await RedisServer.start();
    await using cluster = await Cluster.start({
      log: 'PostgreSQL and Redis',
      clocks: [0, 0],
      settings: { REDIS_URL: redis.url, LEASE_MS },
      model: { pace: { chunkDelayMs: 20, chunkChars: 8 } },
    });
    const asks = await cluster.guest(0);
    const reads = cluster.at(1, asks);
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_item, index) => startReply(asks, reads, `Reply ${index} `.repeat(2000))),
    );
    const client = new Client(cluster.databaseUrl);
    await client.connect();
    const readCheckpoints = async () => {
      const { rows } = await client.query<{ id: string; count: number; last: number }>(
        `select generation_id as id, count(*)::int as count, max(last_sequence)::int as last
        from event_segments group by generation_id`,
      );
      return new Map(rows.map(({ id, count, last }) => [id, { count, last }]));
    };
    await until('each reply has several checkpoints', async () => {
      const checkpoints = await readCheckpoints();
      return replies.every(
        ({ generationId }) => (checkpoints.get(generationId)?.count ?? 0) >= MIN_CHECKPOINTS,
      );
    });
    const checkpoints = await readCheckpoints();
    await client.end();
    await Promise.all([cluster.nodeOf(0).kill(), redis.kill('all')]);
    await redis.restart();

    for (const { generationId, pieces, lastSequence } of replies) {
      const path = `/api/generations/${generationId}/events?after=${await lastSequence}`;
      const rest = await readReply(await reads.fetch(path));
      expect(rest.events.map(({ event }) => event)).toEqual(['snapshot', 'error']);
      expect(rest.events[0]?.sequence).toBeGreaterThanOrEqual(1_000_000);
      expect(rest.last).toMatchObject({ data: { status: 'interrupted' } });
      const snapshot = rest.events[0]?.event === 'snapshot' ? rest.events[0].data.message : null;
      const saved = snapshot?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? '';
      expect(pieces.map(({ text }) => text).join('')).toContain(saved);
      const last = checkpoints.get(generationId)?.last ?? 0;
      const checkpointed = pieces.filter(({ sequence }) => sequence <= last).map(({ text }) => text);
      expect(checkpointed).not.toEqual([]);
      expect(saved.startsWith(checkpointed.join(''))).toBe(true);
    }
  },
);
