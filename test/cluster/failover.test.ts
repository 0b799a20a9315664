import { describe, expect, test } from 'vitest';
import { NO_NETWORK_FAULTS, FaultProxy } from '../chaos/suite/fault-proxy.ts';
import { readEvents, readReply, textOf } from '../support/caller.ts';
import type { Caller } from '../support/caller.ts';
import { noPostgresServer, PostgresServer } from '../support/postgres-server.ts';
import { noRedisServer, RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { Cluster, noCluster } from './cluster.ts';

const missing = noCluster || noRedisServer || noPostgresServer;
const because = missing === '' ? '' : ` (skipped: ${missing})`;
const CONTENT = 'The mill 水車 grinds on. '.repeat(200);

describe.skipIf(missing !== '')(`a failover to a replica at the same address${because}`, () => {
  /** An address that connects to one server at a time. Open connections stay with their server, as with a DNS name. */
  async function nameFor({ url }: { url: string }) {
    let port = Number(new URL(url).port);
    const proxy = await FaultProxy.start(1, 'name', NO_NETWORK_FAULTS, () => [port]);
    return {
      url: proxy.urlThroughProxy(url),
      give: (to: { url: string }) => (port = Number(new URL(to.url).port)),
      [Symbol.asyncDispose]: () => proxy.close(),
    };
  }

  function startNodes(settings: Record<string, string>): Promise<Cluster> {
    const model = { pace: { chunkDelayMs: 20, chunkChars: 20 } };
    return Cluster.start({ log: 'PostgreSQL alone', clocks: [0, 0], settings, model });
  }

  /** Starts a reply at one node, and reads it at the other. */
  async function begin(cluster: Cluster) {
    const asks = await cluster.guest(0);
    const { id } = await asks.createChat();
    const asked = readEvents(await asks.send('POST', `/api/chats/${id}/messages`, { content: CONTENT }));
    const { value: meta } = await asked.next();
    await asked.return(undefined);
    const generationId = meta?.generationId ?? '';
    const reading = readReply(await cluster.at(1, asks).fetch(`/api/generations/${generationId}/events`));
    const { id: other } = await asks.createChat();
    return { asks, reading, chatId: id, other };
  }

  /** Sends ten questions at once. @returns the number of refusals */
  async function refusals(caller: Caller, chatId: string): Promise<number> {
    const replies = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const body = { content: 'Still there?', parentId: null };
        const response = await caller.send('POST', `/api/chats/${chatId}/messages`, body);
        if (response.ok) return readReply(response);
        expect(await response.json()).toMatchObject({ status: 503, code: 'storage_failed' });
        return null;
      }),
    );
    return replies.filter((reply) => reply === null).length;
  }

  test('of Redis lets the reply continue, even if the old connections stay open', async () => {
    await using old = await RedisServer.start();
    await using replacement = await RedisServer.start();
    await replacement.ask('REPLICAOF', '127.0.0.1', String(old.port));
    await using name = await nameFor(old);
    await using cluster = await startNodes({ REDIS_URL: name.url });
    const { reading } = await begin(cluster);
    await until(
      'the replica has its events',
      async () => ((await replacement.ask('KEYS', '*events')) as []).length > 0,
    );

    await replacement.ask('REPLICAOF', 'NO', 'ONE');
    await old.ask('REPLICAOF', '127.0.0.1', String(replacement.port));
    name.give(replacement);

    const { text, last } = await reading;
    expect(last).toMatchObject({ event: 'done', data: { status: 'completed' } });
    expect(text).toContain(CONTENT.slice(-100).trim());
  });

  test('of PostgreSQL loses nothing, even if the address reaches the old server for a while', async () => {
    await using old = await PostgresServer.start();
    await using replacement = await PostgresServer.standbyOf(old);
    await using name = await nameFor(old);
    await using cluster = await startNodes({ DATABASE_URL: name.url });
    const { asks, reading, chatId, other } = await begin(cluster);

    await old.stop();
    await replacement.ask('select pg_promote()');
    await old.follow(replacement);
    await until('a node is refused', async () => (await refusals(asks, other)) > 0);
    name.give(replacement);
    expect(await refusals(asks, other)).toBe(0);
    const { events, last } = await reading;
    expect(['done', 'error']).toContain(last.event);
    const message = (await asks.messages(chatId)).find(({ role }) => role === 'assistant');
    const stored = message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    expect(textOf(events, 'delta')).toBe(stored);
  });
});
