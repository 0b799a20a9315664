import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Caller } from '../../support/caller.ts';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';

interface Issued {
  ticket: string;
  expiresAt: string;
}

describe('a ticket', () => {
  let server: TestServer;
  let caller: Caller;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-tickets-'));
    server = await startTestServer({ DATA_DIR: dataDir });
  });
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true });
  });
  beforeEach(async () => {
    server.simulator.reset();
    caller = await server.guest();
  });
  afterEach(() => void vi.useRealTimers());

  const issue = (message: string, chatId?: string) =>
    caller.json<Issued>('POST', '/api/tickets', { message, chatId });
  /** Sends the request of an EventSource, which can't have credentials. */
  const ask = (query: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/chat/stream?${new URLSearchParams(query).toString()}`, { headers });
  /** Moves only the clock, because connections need their timers. */
  const later = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });

  test('sends its question as the user who created it, without other credentials', async () => {
    const { id } = await caller.createChat();
    const { ticket, expiresAt } = await issue('Hello', id);
    expect(Buffer.from(ticket, 'base64url')).toHaveLength(16);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(50_000);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(await (await ask({ ticket })).text()).toContain('data: Hello\n');
    expect(await caller.messages(id)).toHaveLength(2);
  });

  test('starts one reply, which repeated requests get too, at the same time or long after', async () => {
    const { ticket } = await issue('Hello');
    const query = { ticket, message: 'Hello' };
    const [one, two] = await Promise.all([ask(query), ask(query)]);
    const text = await one.text();
    expect(await two.text()).toBe(text);
    expect(await (await ask(query)).text()).toBe(text);
    later(3600);
    const { text: late, status } = await read(await ask(query));
    expect({ late, status }).toEqual({ late: text, status: 200 });
    expect(server.simulator.log()).toHaveLength(1);
  });

  test('expires after a minute', async () => {
    const { ticket } = await issue('Hello');
    later(61);
    const response = await ask({ ticket });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      code: 'unauthenticated',
      detail: 'The ticket has expired.',
    });
    expect(server.simulator.log()).toEqual([]);
  });

  test('is for one message in one chat', async () => {
    const { id } = await caller.createChat();
    const { ticket } = await issue('Hello', id);
    const other = (await caller.createChat()).id;
    const mismatches: [Record<string, string>, string][] = [
      [{ message: 'Another' }, 'another message.'],
      [{ message: 'Hello', conversationId: other }, 'another conversationId.'],
    ];
    for (const [query, text] of mismatches) {
      const response = await ask({ ticket, ...query });
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({
        code: 'idempotency_mismatch',
        detail: expect.stringContaining(text),
      });
    }
    expect(server.simulator.log()).toEqual([]);
    expect((await ask({ ticket, message: 'Hello', conversationId: id })).status).toBe(200);
  });

  test('resumes its own reply, and no other of the same user', async () => {
    const { text } = await caller.ask('A secret');
    expect(text).toBe('A secret');
    const other = server.logged.findLast(({ message }) => message === 'reply ended')?.['generationId'];
    const { ticket } = await issue('Hello');
    const early = await ask({ ticket }, { 'last-event-id': `${String(other)}:1` });
    expect(early.status).toBe(400);
    const own = /^id: (\S+):1$/m.exec(await (await ask({ ticket })).text())?.[1] ?? '';
    const foreign = await ask({ ticket }, { 'last-event-id': `${String(other)}:1` });
    expect({ status: foreign.status, ...(await foreign.json()) }).toMatchObject({
      status: 400,
      code: 'invalid_event_id',
    });
    expect(await (await ask({ ticket }, { 'last-event-id': `${own}:1` })).text()).toMatch(
      /^id: \w+:2\ndata: Hello\n/,
    );
  });

  test('isn’t created for another user’s chat, without a question, or without authentication', async () => {
    const { id } = await (await server.guest()).createChat();
    expect((await caller.send('POST', '/api/tickets', { message: 'Hello', chatId: id })).status).toBe(404);
    expect((await caller.send('POST', '/api/tickets', { message: ' ' })).status).toBe(400);
    expect((await fetch(`${server.url}/api/tickets`, { method: 'POST' })).status).toBe(401);
    expect((await ask({ ticket: 'AAAAAAAAAAAAAAAAAAAAAA' })).status).toBe(401);
  });

  test('is stored only as a hash, which is deleted a day after it expires', async () => {
    const { ticket } = await issue('Hello');
    const files = ['millrace.db', 'millrace.db-wal'].map((name) => readFile(join(dataDir, name), 'latin1'));
    const contents = (await Promise.all(files)).join('');
    expect(contents).not.toContain(ticket);
    expect(contents).toContain(createHash('sha256').update(ticket).digest('base64url'));
    later(2 * 86_400);
    const second = await startTestServer({ DATA_DIR: dataDir });
    const database = new DatabaseSync(join(dataDir, 'millrace.db'), { readOnly: true });
    expect(database.prepare('select count(*) as count from tickets').get()).toEqual({ count: 0 });
    database.close();
    await second.close();
  });
});

async function read(response: Response): Promise<{ status: number; text: string }> {
  return { status: response.status, text: await response.text() };
}
