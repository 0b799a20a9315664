import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { readEvents, readReply, textOf } from '../support/caller.ts';
import { follow } from '../support/followed-channel.ts';
import { ModelGate } from '../support/model-gate.ts';
import { until } from '../support/until.ts';
import { Cluster, LOGS, noCluster } from './cluster.ts';

const CONTENT = 'The mill 水車 grinds on 🎡. '.repeat(100);
/** The estimated tokens of the question, with the margin. */
const PROMPT = 11;
const QUESTION = 'Tell me all about water mills.';
const CEILING = 300;
const ENDLESS = { chunks: ['One ', 'two.'], fault: { kind: 'stall', afterChunks: 1 } } as const;
const because = noCluster === '' ? '' : ` (skipped: ${noCluster})`;

describe.skipIf(noCluster !== '').each(LOGS)(`three nodes on %s${because}`, (log) => {
  let gate: ModelGate;
  let cluster: Cluster;
  let administrator: Caller;
  beforeAll(async () => {
    gate = await ModelGate.start();
    const settings = { GUEST_TOKEN_LIMIT: String(10 * (PROMPT + CEILING)), GEMINI_BASE_URL: gate.url };
    cluster = await Cluster.start({ log, settings });
    gate.target = cluster.simulator.url;
    administrator = await cluster.user();
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await gate.close();
  });

  /** A new user, as a caller of each node. */
  async function everywhere(person: Promise<Caller>): Promise<[Caller, Caller, Caller]> {
    const caller = await person;
    return [caller, cluster.at(1, caller), cluster.at(2, caller)];
  }

  const checkLedger = () => cluster.at(2, administrator).json('GET', '/api/admin/ledger/check');

  test('a reply of one node is followed on another from the middle to the end, and all nodes return the same', async () => {
    const [onA, onB, onC] = await everywhere(cluster.user());
    const { id } = await onA.createChat();
    const content = CONTENT.repeat(2);
    gate.allow(30);
    const own = readReply(await onA.send('POST', `/api/chats/${id}/messages`, { content }));
    await until('the reply runs', async () => (await onB.messages(id)).length === 2);
    const generationId = (await onB.messages(id)).at(-1)?.generationId ?? '';
    await until(
      'the model has sent some chunks',
      () => (cluster.simulator.log().at(-1)?.chunksSent ?? 0) > 10,
    );

    const rest = [];
    for await (const event of readEvents(
      await onB.fetch(`/api/generations/${generationId}/events?after=7`),
    )) {
      // While it still runs.
      if (rest.length === 0) {
        expect((await onB.generation(generationId)).status).toBe('running');
        gate.open();
      }
      rest.push(event);
    }
    const whole = await onC.replay(generationId);
    expect(whole.text).toBe(content);
    expect((await own).text).toBe(content);
    const tail = await onC.replay(generationId, 7);
    expect(textOf(rest, 'delta')).toBe(tail.text);
    expect(content.endsWith(tail.text)).toBe(true);
    expect(rest.at(-1)).toEqual(whole.last);
    expect(whole.last).toMatchObject({ event: 'done', data: { status: 'completed' } });
    expect(await onB.messages(id)).toEqual(await onA.messages(id));
  });

  test('a reply that one node generates and another delivers can be stopped at the third: it ends for all readers, and is charged', async () => {
    const [onA, onB, onC] = await everywhere(cluster.user());
    const { id } = await onA.createChat();
    // Doesn't end by itself.
    cluster.simulator.script([{ text: CONTENT, fault: { kind: 'stall', afterChunks: 100 } }]);
    const asking = await onA.send('POST', `/api/chats/${id}/messages`, { content: 'Go on' });
    const own = readEvents(asking);
    const { value: meta } = await own.next();
    const generationId = meta?.generationId ?? '';
    const elsewhere = readEvents(await onB.fetch(`/api/generations/${generationId}/events?after=1`));
    for await (const { event } of elsewhere) if (event === 'delta') break;
    const readers = [onA, onB].map((reader) => reader.replay(generationId));
    await until(
      'the model has sent some chunks',
      () => (cluster.simulator.log().at(-1)?.chunksSent ?? 0) > 20,
    );

    const state = await onC.json('POST', `/api/generations/${generationId}/stop`);
    expect(state).toMatchObject({ status: 'stopped' });
    const [first, ...others] = await Promise.all(readers);
    const call = () => cluster.simulator.log().at(-1);
    await until('the model’s connection is closed', () => call()?.closedByClientAt !== undefined);
    // The stop ended the reply, not the end of its text.
    expect(call()?.finishedAt).toBeUndefined();

    expect(first?.last).toMatchObject({ event: 'done', data: { status: 'stopped' } });
    for (const { last, text } of others)
      expect({ last, text }).toEqual({ last: first?.last, text: first?.text });
    const { events } = await onC.replay(generationId);
    expect(events.filter(({ event }) => event === 'done' || event === 'error')).toEqual([first?.last]);
    expect(await onB.json('POST', `/api/generations/${generationId}/stop`)).toEqual(state);
    const { budget } = await onC.me();
    expect(budget).toMatchObject({ reserved: 0, used: (state as { tokensUsed: number }).tokensUsed });
    expect(budget.used).toBeGreaterThan(0);
    expect(await checkLedger()).toEqual({ balances: true, discrepancies: [] });
  });

  test('changes of a chat at one node are delivered by its channel at another, once and in order', async () => {
    const [onA, onB, onC] = await everywhere(cluster.user());
    const chat = await onA.createChat();
    const tab = await follow(onB, chat.id);
    await until('the channel is open', () => tab.opened.length === 1);
    await onC.json('PATCH', `/api/chats/${chat.id}`, { title: 'Mills' });
    await onA.ask('Hello', chat.id);
    await until('the end was published', () => tab.received.length === 4);
    expect(tab.names()).toEqual(['chat', 'message', 'generation', 'generation']);
    expect(tab.received[0]?.data).toMatchObject({ title: 'Mills' });
    expect(tab.received[3]?.data).toMatchObject({ generation: { status: 'completed' } });
    await onC.send('DELETE', `/api/chats/${chat.id}`);
    await tab.ended;
    expect(tab.names().at(-1)).toBe('chat_deleted');
  });

  test('the same request sent to all three at once starts one reply, which all of them return', async () => {
    const callers = await everywhere(cluster.user());
    const { id } = await callers[0].createChat();
    const asked = cluster.simulator.log().length;
    const key = { 'idempotency-key': 'once' };
    const replies = await Promise.all(
      callers.map(async (caller) =>
        readReply(await caller.send('POST', `/api/chats/${id}/messages`, { content: CONTENT }, key)),
      ),
    );
    expect(new Set(replies.map(({ last }) => last.generationId)).size).toBe(1);
    for (const { text } of replies) expect(text).toBe(CONTENT);
    expect(await callers[1].messages(id)).toHaveLength(2);
    const again = cluster.simulator.log().slice(asked);
    expect(again.filter(({ method }) => method === 'streamGenerateContent')).toHaveLength(1);
  });

  test('a hundred questions sent to all three at once never exceed the budget, and the ledger balances', async () => {
    const callers = await everywhere(cluster.guest());
    const chat = await callers[0].createChat();
    await callers[0].json('PATCH', `/api/chats/${chat.id}`, { settings: { maxOutputTokens: CEILING } });
    cluster.simulator.script(Array.from({ length: 10 }, () => ENDLESS));
    const body = { content: QUESTION, parentId: null };
    const responses = await Promise.all(
      Array.from({ length: 100 }, (_item, index) =>
        cluster.at(index % 3, callers[0]).send('POST', `/api/chats/${chat.id}/messages`, body),
      ),
    );
    const begun = responses.filter(({ status }) => status === 200);
    const refused = responses.filter(({ status }) => status !== 200);
    expect(begun).toHaveLength(10);
    for (const response of refused) expect(await response.json()).toMatchObject({ code: 'budget_exceeded' });
    expect((await callers[1].me()).budget.reserved).toBe(10 * (PROMPT + CEILING));

    const replies = (await callers[1].messages(chat.id)).filter(({ role }) => role === 'assistant');
    expect(replies).toHaveLength(10);
    for (const [index, { generationId }] of replies.entries()) {
      await callers[index % 3]?.json('POST', `/api/generations/${generationId}/stop`);
    }
    const settled = (await callers[2].me()).budget;
    expect(settled.reserved).toBe(0);
    expect(settled.used).toBeGreaterThan(0);
    expect(settled.used).toBeLessThanOrEqual(10 * (PROMPT + CEILING));
    expect(await checkLedger()).toEqual({ balances: true, discrepancies: [] });
  });
});
