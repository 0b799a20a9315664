import { afterEach, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { readReply } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let server: TestServer;
afterEach(() => server.close());

interface Content {
  role: string;
  parts: object[];
}

/** The last request to the model. */
function lastAsked(): Content[] {
  const asked = server.simulator
    .log()
    .filter(({ method }) => method === 'streamGenerateContent')
    .map(({ body }) => body as { contents: Content[] });
  return asked.at(-1)?.contents ?? [];
}

/** A reply whose chunks have these parts, in Gemini's format. */
function replyOf(...chunks: object[][]) {
  const events = chunks.map((parts, index) => {
    const ending = index === chunks.length - 1 ? { finishReason: 'STOP' } : {};
    const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 5, totalTokenCount: 10 };
    const candidates = [{ content: { parts, role: 'model' }, ...ending }];
    return `data: ${JSON.stringify({ candidates, usageMetadata, modelVersion: 'gemini-3.8-flash-002' })}\r\n\r\n`;
  });
  return { kind: 'replay' as const, bytes: Buffer.from(events.join('')) };
}

const FIRST = { text: 'A channel', thoughtSignature: 'CiIB0e2Kb6Syj1a961Ef' };
const LAST = { text: '', thoughtSignature: 'Es4BCssBAQw51sdVawpv' };

async function askedTwice(caller: Caller, ...first: Parameters<typeof server.simulator.script>[0]) {
  server.simulator.script(first);
  const reply = await caller.ask('What is a millrace?');
  await caller.ask('Why?', reply.meta.chatId);
  return reply;
}

describe('parts with a signature', () => {
  test('are sent to the model in the next request, unchanged and in their positions', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const thought = { text: 'Water…', thought: true, thoughtSignature: 'dGhvdWdodA==' };
    const chunks = [[thought], [FIRST], [{ text: ' for water' }], [{ text: ' 水車.' }, LAST]];
    const reply = await askedTwice(ada, replyOf(...chunks));
    expect(lastAsked()).toEqual([
      { role: 'user', parts: [{ text: 'What is a millrace?' }] },
      { role: 'model', parts: [thought, FIRST, { text: ' for water 水車.' }, LAST] },
      { role: 'user', parts: [{ text: 'Why?' }] },
    ]);
    // Every byte is the same, including the order of fields.
    expect(JSON.stringify(lastAsked())).toContain(JSON.stringify(FIRST));

    expect(reply.text).toBe('A channel for water 水車.');
    const { chatId, generationId } = reply.meta;
    const seen = [
      reply.events,
      await ada.messages(chatId),
      await ada.generation(generationId),
      (await ada.replay(generationId)).events,
    ];
    expect(JSON.stringify(seen)).not.toContain('thoughtSignature');
    expect((await ada.messages(chatId))[1]?.parts).toEqual([
      { type: 'thought', text: 'Water…' },
      { type: 'text', text: reply.text },
    ]);
  });

  test('keep their positions in a continued reply', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    server.simulator.script([
      replyOf([FIRST], [{ text: ' for wa' }]),
      replyOf([{ text: 'ter' }], [LAST], [{ text: '.' }]),
    ]);
    const { meta } = await ada.ask('What is a millrace?');
    await readReply(await ada.send('POST', `/api/messages/${meta.assistantMessage.id}/continue`, {}));
    await ada.ask('Why?', meta.chatId);
    expect(lastAsked()[1]?.parts).toEqual([FIRST, { text: ' for water' }, LAST, { text: '.' }]);
  });

  test('are sent only to the model that created them', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    server.simulator.script([replyOf([FIRST], [LAST])]);
    const { meta } = await ada.ask('What is a millrace?');
    const body = { content: 'Why?', model: 'gemini-2.5-pro' };
    await readReply(await ada.send('POST', `/api/chats/${meta.chatId}/messages`, body));
    expect(lastAsked()[1]?.parts).toEqual([{ text: 'A channel' }]);
  });

  test('of an interrupted reply are sent as far as they were received', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const cut = replyOf([FIRST], [{ text: ' for water' }, LAST]);
    const bytes = cut.bytes.subarray(0, cut.bytes.indexOf('\r\n\r\n') + 4);
    await askedTwice(ada, { kind: 'replay', bytes });
    expect(lastAsked()[1]?.parts).toEqual([FIRST]);
  });

  test('a call without a result isn’t sent, because the model would refuse it', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const call = { functionCall: { name: 'now', args: {} }, thoughtSignature: 'Y2FsbA==' };
    await askedTwice(ada, replyOf([FIRST], [call], [LAST]));
    expect(lastAsked()[1]?.parts).toEqual([FIRST, LAST]);
  });
});
