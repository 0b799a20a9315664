import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createChatClient } from '@millrace/client';
import { applyEvent } from '@millrace/client/state';
import { isEventName, parseData } from '@millrace/protocol';
import type { ChatEvent, Message, NumberedEvent } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import type { ScriptItem, Simulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Caller, readReply } from '../support/caller.ts';
import type { ReadReply } from '../support/caller.ts';
import { textIn } from '../support/replayed-reply.ts';
import { ServerProcess } from '../support/server-process.ts';
import { expectProblem } from '../support/sign-in.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const CHUNKS = Array.from({ length: 20 }, (_item, index) => `${index} 水👩‍🚀 `);
const ENDLESS = { chunks: CHUNKS, fault: { kind: 'stall', afterChunks: 10 } } as const;
const KEEPS_NOTHING = { EVENT_RETENTION: '0s' };

/** A reply whose events were pruned, and those events. */
interface PrunedReply {
  chatId: string;
  generationId: string;
  events: ChatEvent[];
  saved: Message;
}

/** The ways in which a reply can end. */
const ENDINGS: [string, ScriptItem, Message['status']][] = [
  ['completed', { chunks: CHUNKS, thoughts: ['Let me ', 'think. '] }, 'completed'],
  ['stopped', ENDLESS, 'stopped'],
  ['failed with some text', { chunks: CHUNKS, fault: { kind: 'reset', afterChunks: 10 } }, 'failed'],
  ['failed without a word', '400', 'failed'],
  ['interrupted', ENDLESS, 'interrupted'],
];

describe('a reply whose events were pruned', () => {
  let simulator: Simulator;
  let dataDir: string;
  let server: ServerProcess;
  let caller: Caller;
  const replies = new Map<string, PrunedReply>();
  const key = (name: string) => ({ 'idempotency-key': `ask-${name.replaceAll(' ', '-')}` });
  const CONTENT = { content: 'Go on' };

  beforeAll(async () => {
    simulator = await startSimulator();
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-pruned-'));
    const environment = testEnvironment(simulator.url, dataDir);
    server = await ServerProcess.start(environment);
    caller = await Caller.asGuest(server.url);
    const asked = new Map<string, string>();
    for (const [name, behaviour] of ENDINGS) asked.set(name, await ask(name, behaviour));
    await server.kill();
    // The second process settles the reply that the first left; the third prunes the events.
    server = await ServerProcess.start(environment);
    caller = new Caller(server.url, caller.token);
    for (const [name, generationId] of asked) replies.set(name, await remember(generationId));
    await server.kill();
    server = await ServerProcess.start({ ...environment, ...KEEPS_NOTHING });
    caller = new Caller(server.url, caller.token);
    simulator.reset();
  });
  afterAll(async () => {
    await server.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  /** Sends a question, and waits for the reply's end if the server reaches it. @returns the generation's id */
  async function ask(name: string, behaviour: ScriptItem): Promise<string> {
    simulator.script([behaviour]);
    const chat = await caller.createChat();
    const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, CONTENT, key(name));
    const reading = readReply(response).catch((cut: unknown) => cut);
    const [, answer] = await caller.messages(chat.id);
    const generationId = answer?.generationId ?? '';
    if (behaviour === ENDLESS)
      await until('the reply has some events', () => eventsOf(generationId).length > 10);
    if (name === 'stopped') await caller.json('POST', `/api/generations/${generationId}/stop`);
    if (name !== 'interrupted') await reading;
    return generationId;
  }

  function eventsOf(generationId: string): ChatEvent[] {
    const database = new DatabaseSync(join(dataDir, 'millrace.db'), { readOnly: true });
    const select = 'select name, data from events where generation_id = ? order by sequence';
    const rows = database.prepare(select).all(generationId);
    database.close();
    return rows.map((row) => {
      const name = String(row['name']);
      return parseData(isEventName(name) ? name : expect.fail(name), String(row['data']));
    });
  }

  async function remember(generationId: string): Promise<PrunedReply> {
    const { chatId } = await caller.generation(generationId);
    const saved = (await caller.messages(chatId)).at(-1) ?? expect.fail('no message');
    return { chatId, generationId, events: eventsOf(generationId), saved };
  }

  const reply = (name: string) => replies.get(name) ?? expect.fail(`There is no reply that was ${name}`);

  function resume({ generationId }: PrunedReply, after: number): Promise<Response> {
    const headers = { 'last-event-id': `${generationId}:${after}` };
    return caller.fetch(`/api/generations/${generationId}/events`, { headers });
  }

  function repeat({ chatId, generationId }: PrunedReply, after: number, headers = {}): Promise<Response> {
    const id = { 'last-event-id': `${generationId}:${after}` };
    return caller.send('POST', `/api/chats/${chatId}/messages`, CONTENT, { ...id, ...headers });
  }

  function repeatFrom({ saved, generationId }: PrunedReply, after: number, kind: string): Promise<Response> {
    const headers = { 'last-event-id': `${generationId}:${after}` };
    return caller.send('POST', `/api/messages/${saved.id}/${kind}`, undefined, headers);
  }

  const WAYS: [string, (of: PrunedReply, after: number) => Promise<Response>][] = [
    ['Last-Event-ID', resume],
    ['?after=', (of, after) => caller.fetch(`/api/generations/${of.generationId}/events?after=${after}`)],
    ['the POST sent again', repeat],
    ['a regenerate sent again', (of, after) => repeatFrom(of, after, 'regenerate')],
    ['a continue sent again', (of, after) => repeatFrom(of, after, 'continue')],
  ];

  describe.each(ENDINGS)('that was %s,', (name, _behaviour, status) => {
    test('still has its message and its end', async () => {
      const { generationId, events, saved } = reply(name);
      expect(saved.status).toBe(status);
      expect(eventsOf(generationId)).toEqual([]);
      const { events: left } = await caller.replay(generationId);
      expect(left).toEqual([
        { generationId, sequence: events.length - 1, event: 'snapshot', data: { message: saved } },
        { generationId, sequence: events.length, ...events.at(-1) },
      ]);
    });

    test.each(WAYS)('a reader that resumes by %s at any cursor gets the stored text', async (_way, ask) => {
      const { events, saved } = reply(name);
      for (let after = 0; after < events.length; after += 1) {
        const rest = await readReply(await ask(reply(name), after));
        expectAscending(rest, after);
        // Also at the last event before the end, which contains the whole message.
        const before = [...events.slice(0, after), ...rest.events.slice(0, -1)];
        const had = before.reduce(applyEvent, { parts: [] as Message['parts'] } as Message);
        expect({ after, text: textIn(had, 'text') }).toEqual({ after, text: textIn(saved, 'text') });
        expect({ after, thoughts: textIn(had, 'thought') }).toEqual({
          after,
          thoughts: textIn(saved, 'thought'),
        });
        expect(rest.last).toMatchObject(events.at(-1) ?? {});
        expect(rest.last.sequence).toBe(events.length);
      }
    });

    test.each(WAYS)('a reader that has seen all events gets a 204 by %s', async (_way, ask) => {
      const response = await ask(reply(name), reply(name).events.length);
      expect(response.status).toBe(204);
      expect(await response.text()).toBe('');
    });

    test.each(WAYS)('a cursor beyond the end is refused by %s', async (_way, ask) => {
      const response = await ask(reply(name), reply(name).events.length + 1);
      const { status, headers } = response;
      const answer = { status, headers: Object.fromEntries(headers), body: await response.text() };
      expectProblem(answer, 409, 'cursor_ahead');
    });

    test('the same key still starts one reply, with and without a last id', async () => {
      const { chatId, generationId, saved } = reply(name);
      const headers = key(name);
      const again = await readReply(
        await caller.send('POST', `/api/chats/${chatId}/messages`, CONTENT, headers),
      );
      expect(again.events).toMatchObject([
        { generationId, event: 'snapshot', data: { message: { id: saved.id } } },
        again.last,
      ]);
      expect((await readReply(await repeat(reply(name), 1, headers))).last).toEqual(again.last);
      const other = { content: 'Something else' };
      const refused = await caller.send('POST', `/api/chats/${chatId}/messages`, other, headers);
      expect(refused.status).toBe(422);
      expect(simulator.log()).toEqual([]);
      expect((await caller.messages(chatId)).at(-1)?.id).toBe(saved.id);
    });
  });
});

function expectAscending({ events, last }: ReadReply, after: number): void {
  const terminal = last.event;
  expect(['done', 'error']).toContain(terminal);
  const names = events.map(({ event }) => event);
  // A reader that lacks only the end needs no snapshot.
  expect([['snapshot', terminal], [terminal]]).toContainEqual(names);
  let previous = after;
  for (const { sequence } of events) {
    expect(sequence).toBeGreaterThan(previous);
    previous = sequence;
  }
}

describe('pruning', () => {
  let simulator: Simulator;
  let dataDir: string;
  const servers: ServerProcess[] = [];
  beforeAll(async () => {
    simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-pruning-'));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.kill()));
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  async function start(settings: Record<string, string> = {}): Promise<ServerProcess> {
    const server = await ServerProcess.start({ ...testEnvironment(simulator.url, dataDir), ...settings });
    servers.push(server);
    return server;
  }

  test('while a client is away gives it the stored message when it reconnects', async () => {
    const first = await start();
    const { port } = new URL(first.url);
    const caller = await Caller.asGuest(first.url);
    const client = createChatClient({ baseUrl: first.url, token: caller.token });
    const chat = await client.createChat();
    const stream = client.sendMessage(chat.id, { content: 'The mill grinds on. '.repeat(500) });
    let message = { parts: [] as Message['parts'] } as Message;
    const read = async (most: number) => {
      const names: NumberedEvent['event'][] = [];
      for await (const event of stream) {
        message = applyEvent(message, event);
        names.push(event.event);
        if (names.length === most) break;
      }
      return names;
    };
    expect(await read(3)).toEqual(['meta', 'delta', 'delta']);
    const partial = textIn(message, 'text');
    await caller.replay(stream.generationId ?? '');
    await first.kill();
    await start({ PORT: port, ...KEEPS_NOTHING });
    expect(await read(Infinity)).toEqual(['snapshot', 'done']);
    const [, saved] = await client.allMessages(chat.id);
    expect(message).toEqual(saved);
    expect(textIn(saved, 'text').length).toBeGreaterThan(partial.length);
  });

  test('keeps the newest event of a channel, whose numbers continue', async () => {
    const first = await start();
    const { token } = await Caller.asGuest(first.url);
    let caller = new Caller(first.url, token);
    const { id } = await caller.createChat();
    const rename = (title: string) => caller.json('PATCH', `/api/chats/${id}`, { title });
    for (const title of ['one', 'two', 'three']) await rename(title);
    await first.kill();
    caller = new Caller((await start(KEEPS_NOTHING)).url, token);
    const headers = { 'last-event-id': `${id}:1` };
    const response = await caller.fetch(`/api/chats/${id}/events`, { headers });
    await rename('four');
    let wire = '';
    for await (const bytes of response.body ?? []) {
      wire += Buffer.from(bytes).toString();
      if (wire.includes('"four"')) break;
    }
    expect([...wire.matchAll(/^id: (.+)$/gm)].map(([, name]) => name)).toEqual([`${id}:3`, `${id}:4`]);
    expect(wire).toContain('"three"');
  });

  test('by another process skips running replies', async () => {
    const caller = await Caller.asGuest((await start()).url);
    const chat = await caller.createChat();
    simulator.script([ENDLESS]);
    const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: 'Go on' });
    const reading = readReply(response);
    await until('the model stalls', () => simulator.log().at(-1)?.chunksSent === 10);
    const other = new Caller((await start(KEEPS_NOTHING)).url, caller.token);
    const [, answer] = await caller.messages(chat.id);
    const generationId = answer?.generationId ?? '';
    const readingElsewhere = other.replay(generationId);
    await caller.send('POST', `/api/generations/${generationId}/stop`);
    const own = await reading;
    expect(own).toMatchObject({ text: CHUNKS.slice(0, 10).join(''), last: { event: 'done' } });
    expect(await readingElsewhere).toMatchObject({ text: own.text, meta: own.meta, last: own.last });
  });
});
