import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { readEvents } from '../support/caller.ts';
import { follow } from '../support/followed-channel.ts';
import { textIn } from '../support/replayed-reply.ts';
import { until } from '../support/until.ts';
import { Cluster, LOGS, noCluster } from './cluster.ts';

const CONTENT = 'The mill 水車 grinds on 🎡. '.repeat(1000);
const ENDLESS = { chunks: ['One ', 'two.'], fault: { kind: 'stall', afterChunks: 1 } } as const;
/** Long enough that a busy machine doesn't let the lease of a running node expire. */
const LEASE_MS = '6000';
const A_MINUTE = 60_000;
const because = noCluster === '' ? '' : ` (skipped: ${noCluster})`;

describe.skipIf(noCluster !== '').each(LOGS)(
  `three nodes on %s, one a minute ahead and one a minute behind${because}`,
  (log) => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await Cluster.start({
        log,
        clocks: [A_MINUTE, -A_MINUTE, 0],
        settings: {
          LEASE_MS,
          RATE_LIMIT_PER_MINUTE: '9',
          MAX_CONCURRENT_REPLIES: '3',
        },
      });
    });
    afterAll(() => cluster[Symbol.asyncDispose]());

    /** Sends a number of questions to each node, all at once. */
    async function askAll(caller: Caller, chatId: string, times: number): Promise<Response[]> {
      const body = { content: 'Hello', parentId: null };
      return Promise.all(
        Array.from({ length: 3 * times }, (_item, index) =>
          cluster.at(index % 3, caller).send('POST', `/api/chats/${chatId}/messages`, body),
        ),
      );
    }

    async function statusesOf(responses: readonly Response[]): Promise<number[]> {
      for (const response of responses) await response.body?.cancel();
      return responses.map(({ status }) => status).sort((one, other) => one - other);
    }

    test('messages of a chat are in the order in which they were sent, at every node', async () => {
      const caller = await cluster.guest();
      const chats = [await caller.createChat(), await cluster.at(1, caller).createChat()];
      const [one = { id: '' }, other = { id: '' }] = chats;
      const said = [];
      for (const node of [0, 1, 2, 1, 0]) {
        const { meta } = await cluster.at(node, caller).ask(`at ${node}`, one.id);
        said.push(meta.userMessage?.id, meta.assistantMessage.id);
      }
      for (const node of [0, 1, 2]) {
        const messages = await cluster.at(node, caller).messages(one.id);
        expect(messages.map(({ id }) => id)).toEqual(said);
        const times = messages.map(({ createdAt }) => createdAt);
        expect(times).toEqual(times.toSorted());
        // There is only one branch.
        expect(messages.map(({ parentId }) => parentId)).toEqual([null, ...said.slice(0, -1)]);
      }
      const ids = (await caller.messages(one.id)).flatMap(({ generationId }) => generationId ?? []);
      expect(ids).toEqual(ids.toSorted());
      await cluster.at(1, caller).ask('last', other.id);
      const { items } = await cluster.at(0, caller).json<{ items: { id: string }[] }>('GET', '/api/chats');
      expect(items.map(({ id }) => id)).toEqual([other.id, one.id]);
      const now = Math.abs(Date.parse((await caller.messages(other.id))[0]?.createdAt ?? '') - Date.now());
      expect(now).toBeLessThan(A_MINUTE / 2);
    });

    test('a ticket of a node whose clock is behind is valid at one whose clock is ahead, and vice versa', async () => {
      const caller = await cluster.guest();
      for (const [from, to] of [
        [1, 0],
        [0, 1],
      ] as const) {
        const made = await cluster.at(from, caller).json<{ ticket: string }>('POST', '/api/tickets', {
          message: 'Hello',
        });
        const answer = await fetch(`${cluster.nodeOf(to).url}/chat/stream?ticket=${made.ticket}`);
        expect({ status: answer.status, text: await answer.text() }).toMatchObject({
          status: 200,
          text: expect.stringContaining('[DONE]'),
        });
      }
    });

    test('the limit of concurrent replies of a user holds over all nodes', async () => {
      const caller = await cluster.guest();
      const { id } = await caller.createChat();
      cluster.simulator.script([ENDLESS, ENDLESS, ENDLESS]);
      const statuses = await statusesOf(await askAll(caller, id, 3));
      expect(statuses).toEqual([...Array(3).fill(200), ...Array(6).fill(429)]);
      for (const { status, generationId } of await caller.messages(id)) {
        if (status === 'running')
          await cluster.at(2, caller).json('POST', `/api/generations/${generationId}/stop`);
      }
    });

    test('the rate limit of replies per minute counts over all nodes', async () => {
      const caller = await cluster.guest();
      const { id } = await caller.createChat();
      const statuses = [];
      for (let round = 0; round < 4; round += 1) {
        const responses = await askAll(caller, id, 1);
        await Promise.all(responses.map((response) => response.text()));
        statuses.push(...responses.map(({ status }) => status));
      }
      expect(statuses).toEqual([...Array(9).fill(200), ...Array(3).fill(429)]);
    });

    test('when the node that generates a reply is killed, the reply ends once, after the node’s lease has expired, for all readers at other nodes', async () => {
      const dying = await cluster.add();
      const caller = await cluster.guest(dying);
      const { id } = await caller.createChat();
      const own = readEvents(await caller.send('POST', `/api/chats/${id}/messages`, { content: CONTENT }));
      const { value: meta } = await own.next();
      const generationId = meta?.generationId ?? '';
      const [onA, onB, onC] = [cluster.at(0, caller), cluster.at(1, caller), cluster.at(2, caller)];
      const tab = await follow(onC, id);
      const readings = [onA.replay(generationId), onB.replay(generationId, 3)];
      let seen = 0;
      for await (const { sequence } of own) if ((seen = sequence) > 20) break;
      await cluster.nodeOf(dying).kill();

      const [whole, rest] = await Promise.all(readings);
      expect(whole?.last).toMatchObject({ event: 'error', data: { status: 'interrupted', retryable: true } });
      expect(whole?.last.sequence).toBeGreaterThan(seen);
      expect(rest?.last).toEqual(whole?.last);
      expect(CONTENT.startsWith(whole?.text ?? '-')).toBe(true);
      await until('the channel delivers the event', () => tab.received.at(-1)?.event === 'generation');
      expect(tab.received.at(-1)?.data).toMatchObject({ generation: { status: 'interrupted' } });
      tab.leave();
      for (const reader of [onA, onB, onC]) {
        const { events, text } = await reader.replay(generationId);
        expect(text).toBe(whole?.text);
        expect(events.filter(({ event }) => event === 'done' || event === 'error')).toEqual([whole?.last]);
      }
      const reply = (await onC.messages(id)).at(-1);
      expect(reply).toMatchObject({ status: 'interrupted' });
      expect(textIn(reply, 'text')).toBe(whole?.text);
      expect((await onB.me()).budget).toMatchObject({ reserved: 0, used: reply?.tokensUsed });
    });
  },
);
