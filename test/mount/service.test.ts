import type { NumberedEvent } from '@millrace/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReply, textOf } from '../support/caller.ts';
import { HostVisitor } from '../support/host-visitor.ts';
import { authenticateByCookie, startMounted } from '../support/mounted.ts';
import type { Mounted } from '../support/mounted.ts';

const CHUNKS = Array.from({ length: 30 }, (_item, index) => `[${index}]`);
const [ADA, BOB] = [{ id: 'ada' }, { id: 'bob' }];

async function collect(events: AsyncIterable<NumberedEvent>): Promise<NumberedEvent[]> {
  const all: NumberedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('the service for the host’s own code', () => {
  let mounted: Mounted;
  beforeAll(async () => void (mounted = await startMounted({ authenticate: authenticateByCookie })));
  afterAll(() => mounted.close());

  test('starts a reply, yields its events one by one, and stores it in the user’s chat', async () => {
    const { service } = mounted.millrace;
    mounted.simulator.script([{ chunks: CHUNKS, chunkDelayMs: 2 }]);
    const chat = await service.createChat(ADA, { title: 'Made by the host' });
    const { generationId, events } = await service.sendMessage(ADA, chat.id, 'Go on');
    const seen = await collect(events);
    expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map((_event, index) => index + 1));
    expect(textOf(seen, 'delta')).toBe(CHUNKS.join(''));
    expect(seen.at(-1)?.event).toBe('done');
    const rest = await collect(service.followReply(ADA, generationId, { after: 10 }));
    expect(rest).toEqual(seen.slice(10));
    const ada = new HostVisitor(mounted.url, 'session=ada');
    const replayed = await readReply(await ada.fetch(`/api/generations/${generationId}/events`));
    expect(replayed.text).toBe(CHUNKS.join(''));
    expect(await service.messages(ADA, chat.id)).toEqual(await ada.messages(chat.id));
    expect((await service.usage(ADA)).budget.used).toBeGreaterThan(0);
  });

  test('continues a reply whose reader has left, and stops one on request', async () => {
    const { service } = mounted.millrace;
    mounted.simulator.script([{ chunks: ['One '], fault: { kind: 'stall' } }]);
    const chat = await service.createChat(ADA);
    const leave = new AbortController();
    const { generationId, events } = await service.sendMessage(ADA, chat.id, 'Count', {
      signal: leave.signal,
    });
    const reading = (async () => {
      for await (const event of events) if (event.event === 'delta') leave.abort(new Error('I have to go'));
    })();
    await expect(reading).rejects.toThrow('I have to go');
    expect((await service.messages(ADA, chat.id))[1]).toMatchObject({ status: 'running' });
    expect(await service.stopReply(ADA, generationId)).toMatchObject({ status: 'stopped' });
    const last = (await collect(service.followReply(ADA, generationId))).at(-1);
    expect(last).toMatchObject({ event: 'done', data: { status: 'stopped' } });
  });

  test('the same message with the same idempotency key doesn’t start a second reply', async () => {
    const { service } = mounted.millrace;
    mounted.simulator.script([{ chunks: CHUNKS }]);
    const chat = await service.createChat(ADA);
    const send = (content: string) => service.sendMessage(ADA, chat.id, content, { idempotencyKey: 'k' });
    const first = await send('Go on');
    await collect(first.events);
    const second = await send('Go on');
    expect(second.generationId).toBe(first.generationId);
    expect(textOf(await collect(second.events), 'delta')).toBe(CHUNKS.join(''));
    await expect(send('Something else')).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    expect(await service.messages(ADA, chat.id)).toHaveLength(2);
  });

  test('refuses other users’ chats, and input that HTTP requests may not have either', async () => {
    const { service } = mounted.millrace;
    mounted.simulator.script([{ chunks: CHUNKS }]);
    const chat = await service.createChat(ADA);
    const { generationId, events } = await service.sendMessage(ADA, chat.id, 'Go on');
    await collect(events);
    const notFound = { code: 'not_found' };
    await expect(service.sendMessage(BOB, chat.id, 'Hello')).rejects.toMatchObject(notFound);
    await expect(service.messages(BOB, chat.id)).rejects.toMatchObject(notFound);
    await expect(service.stopReply(BOB, generationId)).rejects.toMatchObject(notFound);
    await expect(collect(service.followReply(BOB, generationId))).rejects.toMatchObject(notFound);
    const invalid = { code: 'invalid_request' };
    await expect(service.sendMessage(ADA, chat.id, ' ')).rejects.toMatchObject(invalid);
    await expect(service.createChat(ADA, { settings: { temperature: 9 } })).rejects.toMatchObject(invalid);
  });
});

test('a reader gets the end of the reply when the server closes', async () => {
  const mounted = await startMounted({ authenticate: authenticateByCookie });
  const { service } = mounted.millrace;
  mounted.simulator.script([{ chunks: ['One '], fault: { kind: 'stall' } }]);
  const chat = await service.createChat(ADA);
  const { events } = await service.sendMessage(ADA, chat.id, 'Count');
  const reading = collect(events);
  await mounted.close();
  expect((await reading).at(-1)).toMatchObject({ event: 'error', data: { status: 'interrupted' } });
});
