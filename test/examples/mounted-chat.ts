import type { NumberedEvent, UsageReport } from '@millrace/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEvents, readReply, textOf } from '../support/caller.ts';
import { ExampleProcess } from '../support/example-process.ts';
import { HostVisitor } from '../support/host-visitor.ts';

const CHUNKS = Array.from({ length: 40 }, (_item, index) => `piece ${index} 水車\n`);
/** Long, because a build takes long on a busy machine. */
const START_TIMEOUT = 180_000;

/** Signs in to the application. @returns the cookie */
export type SignIn = (url: string, name: string) => Promise<string>;

/** The first cookie of a response, as a browser sends it. */
export function cookieIn(response: Response): string {
  const [cookie] = response.headers.getSetCookie()[0]?.split(';', 1) ?? [];
  if (cookie === undefined) throw new Error(`No cookie: ${response.status}`);
  return cookie;
}

export const signInByJson: SignIn = async (url, name) => {
  const headers = { 'content-type': 'application/json' };
  return cookieIn(await fetch(`${url}/sign-in`, { method: 'POST', headers, body: JSON.stringify({ name }) }));
};

/** Tests the chat in an application that mounts it. @returns the running application */
export function describeMountedChat(name: 'express' | 'nest' | 'next', signIn: SignIn): () => ExampleProcess {
  let example: ExampleProcess;
  const visitor = async (person: string) =>
    new HostVisitor(`${example.url}/chat`, await signIn(example.url, person));

  beforeAll(async () => void (example = await ExampleProcess.start(name)), START_TIMEOUT);
  afterAll(() => example?.close());

  test('streams a reply to a user of the application while the model is still generating', async () => {
    example.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall' } }]);
    const ada = await visitor('Ada');
    const seen: NumberedEvent[] = [];
    const response = await ada.send(await ada.createChat(), 'Count');
    expect(response.headers.get('content-encoding')).toBeNull();
    for await (const event of readEvents(response)) {
      seen.push(event);
      if (textOf(seen, 'delta') === 'One ') break;
    }
    expect(await ada.stop(seen[0]?.generationId ?? '')).toMatchObject({ status: 'stopped' });
    expect((await ada.resume(seen)).last).toMatchObject({ event: 'done', data: { status: 'stopped' } });
  });

  test('resumes after a cut connection without a gap or repeat', async () => {
    example.simulator.script([{ chunks: CHUNKS, chunkDelayMs: 10 }]);
    const ada = await visitor('Ada');
    const chatId = await ada.createChat();
    // The first events, however many chunks a busy machine has put into one.
    const seen = await ada.sendAndLeave(chatId, 'Go on', 2);
    const rest = await ada.resume(seen);
    const sequences = [...seen, ...rest.events].map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
    expect(textOf(seen, 'delta') + rest.text).toBe(CHUNKS.join(''));
    const [, answer] = await ada.messages(chatId);
    expect(answer).toMatchObject({ status: 'completed', parts: [{ type: 'text', text: CHUNKS.join('') }] });
    expect((await ada.json<UsageReport>('GET', '/api/usage')).budget.used).toBeGreaterThan(0);
  });

  test('stops a reply, on the model’s side too', async () => {
    example.simulator.script([
      { chunks: CHUNKS, chunkDelayMs: 50, fault: { kind: 'stall', afterChunks: 39 } },
    ]);
    const ada = await visitor('Ada');
    const events: NumberedEvent[] = [];
    let stopping: Promise<unknown> | undefined;
    for await (const event of readEvents(await ada.send(await ada.createChat(), 'Go on'))) {
      events.push(event);
      if (event.event === 'delta') stopping ??= ada.stop(event.generationId);
    }
    await stopping;
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'stopped' } });
    expect(textOf(events, 'delta')).not.toBe(CHUNKS.join(''));
  });

  test('gives users no access to chats of others, and none without a session', async () => {
    example.simulator.script([{ chunks: CHUNKS }]);
    const ada = await visitor('Ada');
    const chatId = await ada.createChat();
    const { meta } = await readReply(await ada.send(chatId, 'Go on'));
    const paths = [
      `/api/chats/${chatId}`,
      `/api/chats/${chatId}/messages`,
      `/api/generations/${meta.generationId}/events`,
    ];
    const [bob, nobody] = [await visitor('Bob'), new HostVisitor(`${example.url}/chat`, '')];
    for (const path of paths) {
      expect((await ada.fetch(path)).status).toBe(200);
      expect((await bob.fetch(path)).status).toBe(404);
      expect((await nobody.fetch(path)).status).toBe(401);
    }
    expect((await bob.send(chatId, 'Hello')).status).toBe(404);
    expect((await nobody.send(chatId, 'Hello')).status).toBe(401);
  });

  test('rejects changes from a page of another origin that sends the application’s cookie', async () => {
    const ada = await visitor('Ada');
    const post = (headers: Record<string, string>) =>
      ada.fetch('/api/chats', { method: 'POST', body: '{}', headers });
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ origin: example.url })).status).toBe(201);
  });

  return () => example;
}
