import { createChatClient } from '@millrace/client';
import type { ChatClient } from '@millrace/client';
import { Client as PostgresClient } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, noCluster } from '../cluster/cluster.ts';
import { Nginx, noNginx } from '../proxies/nginx.ts';
import { Caller } from '../support/caller.ts';
import { until } from '../support/until.ts';

const WRITERS = 4;
/** The model needs half a second for it. */
const CONTENT = 'The mill 水車 grinds on 🎡. '.repeat(80);
const missing = noCluster || noNginx;
const because = missing === '' ? '' : ` (skipped: ${missing})`;

/** The outcome of one reply. */
interface ObservedReply {
  generationId: string;
  text: string;
  endings: string[];
}

describe.skipIf(missing !== '')(`two nodes behind nginx${because}`, () => {
  let cluster: Cluster;
  let nginx: Nginx;
  beforeAll(async () => {
    cluster = await Cluster.start({
      log: 'PostgreSQL and Redis',
      clocks: [0, 0],
      settings: { SHUTDOWN_GRACE: '20s', TRUST_PROXY: '1' },
    });
    nginx = await Nginx.deployed(cluster.nodes.map(({ url }) => url));
  });
  afterAll(async () => {
    await nginx[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  test('are replaced one after the other under load, with a migration in between; clients only reconnect', async () => {
    const deployed = new AbortController();
    const replies: ObservedReply[] = [];
    const writing = Array.from({ length: WRITERS }, async () => {
      const caller = await Caller.asGuest(nginx.url);
      const client = createChatClient({ baseUrl: nginx.url, token: caller.token });
      const chat = await client.createChat();
      while (!deployed.signal.aborted) replies.push(...(await askAndFollow(client, chat.id)));
    });
    const polling = pollServer(await Caller.asGuest(nginx.url), deployed.signal);

    const codes: (number | null)[] = [];
    const deploy = async () => {
      for (const node of [0, 1]) {
        const before = replies.length;
        await until('some replies have started', () => replies.length > before + WRITERS);
        codes.push(await cluster.replace(node));
        if (node === 0) await migrateToNextRelease(cluster.databaseUrl);
      }
      const before = replies.length;
      await until('the new nodes have started replies', () => replies.length > before + 2 * WRITERS);
      deployed.abort();
    };
    await Promise.all([deploy(), ...writing]);

    expect(codes).toEqual([0, 0]);
    for (const { text, endings } of replies) {
      expect(text).toBe(CONTENT);
      expect(endings).toEqual(['done completed']);
    }
    // The sender and the second reader saw the same replies, and none was started twice.
    const modelRequests = cluster.simulator.log().filter(({ method }) => method === 'streamGenerateContent');
    expect(new Set(replies.map(({ generationId }) => generationId)).size).toBe(replies.length / 2);
    expect(modelRequests).toHaveLength(replies.length / 2);
    const { refusals, answers } = await polling;
    expect(refusals).toEqual([]);
    expect(answers).toBeGreaterThan(50);
  });
});

/** Migrates as the next release would. Migrations only add, so nodes of this release keep running and can start. */
async function migrateToNextRelease(url: string): Promise<void> {
  const client = new PostgresClient({ connectionString: url });
  await client.connect();
  for (const table of ['messages', 'generations', 'chats', 'users', 'nodes', 'event_segments']) {
    await client.query(`alter table ${table} add column of_a_newer_node text not null default 'new'`);
  }
  await client.query("insert into migrations (name, applied_at) values ('2099-01-01-newer', 0)");
  await client.end();
}

/** Sends a message with the client, which reconnects by itself, and follows the reply in a second tab. */
async function askAndFollow(client: ChatClient, chatId: string): Promise<ObservedReply[]> {
  const stream = client.sendMessage(chatId, { content: CONTENT, parentId: null });
  const own: ObservedReply = { generationId: '', text: '', endings: [] };
  let following: Promise<ObservedReply> | null = null;
  for await (const event of stream) {
    own.generationId = event.generationId;
    following ??= readAll(client, event.generationId);
    addEvent(own, event);
  }
  return [own, ...(following === null ? [] : [await following])];
}

async function readAll(client: ChatClient, generationId: string): Promise<ObservedReply> {
  const reply: ObservedReply = { generationId, text: '', endings: [] };
  for await (const event of client.followGeneration(generationId)) addEvent(reply, event);
  return reply;
}

type ReplyEvent =
  ReturnType<ChatClient['followGeneration']> extends AsyncIterable<infer Event> ? Event : never;

function addEvent(reply: ObservedReply, { event, data }: ReplyEvent): void {
  if (event === 'delta') reply.text += data.text;
  if (event === 'done' || event === 'error') reply.endings.push(`${event} ${data.status}`);
}

/** Sends various requests continuously. @returns the failures that a client would not retry */
async function pollServer(
  caller: Caller,
  deployed: AbortSignal,
): Promise<{ refusals: string[]; answers: number }> {
  const refusals = [];
  let answers = 0;
  while (!deployed.aborted) {
    for (const [method, path] of [
      ['GET', '/api/me'],
      ['POST', '/api/chats'],
    ] as const) {
      const { status } = await caller.send(method, path, method === 'POST' ? {} : undefined);
      answers += 1;
      // docs/protocol/conventions.md, 1.3, allows clients to retry these.
      if (status > 201 && ![502, 503, 504].includes(status)) refusals.push(`${method} ${path}: ${status}`);
    }
  }
  return { refusals, answers };
}
