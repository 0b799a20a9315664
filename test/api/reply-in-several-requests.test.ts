import { afterEach, describe, expect, test } from 'vitest';
import type { ReadReply } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let server: TestServer;
afterEach(() => server.close());

interface Body {
  continuationToken?: string;
  contents: { role: string; parts: { text: string }[] }[];
  generationConfig: { maxOutputTokens: number };
}

const asked = () =>
  server.simulator
    .log()
    .filter(({ method }) => method === 'streamGenerateContent')
    .map(({ body }) => body as Body);

function noticesOf({ events }: ReadReply): string[] {
  return events.flatMap((event) => (event.event === 'notice' ? [event.data.code] : []));
}

/** One request's stream, in Gemini's format. */
function stream(text: string, output: number, ending: object) {
  const usageMetadata = {
    promptTokenCount: 10,
    candidatesTokenCount: output,
    totalTokenCount: 10 + output,
  };
  const candidates = [{ content: { parts: [{ text }], role: 'model' }, ...ending }];
  const chunk = JSON.stringify({ candidates, usageMetadata, modelVersion: 'gemini-4-argon' });
  return { kind: 'replay' as const, bytes: Buffer.from(`data: ${chunk}\r\n\r\n`) };
}

const TO_BE_CONTINUED = { finishReason: 'CONTINUATION', continuationToken: 'token-1' };

describe('a reply that Gemini cuts at its maximum length', () => {
  test('is continued by its token, and each request is metered', async () => {
    server = await startTestServer();
    const chunks = ['One ', 'two ', 'three.'];
    server.simulator.script([{ chunks, continueAfter: 1, modelVersion: 'gemini-4-argon' }]);
    const guest = await server.guest();
    const reply = await guest.ask('Count.');
    expect(reply.text).toBe('One two three.');
    const tokens = asked().map(({ continuationToken }) => continuationToken);
    expect(tokens).toEqual([undefined, expect.any(String), expect.any(String)]);
    const bills = server.simulator.log().map(({ billed }) => billed);
    const sum = (count: 'promptTokens' | 'outputTokens' | 'totalTokens') =>
      bills.reduce((total, bill) => total + bill[count], 0);
    expect(sum('promptTokens')).toBe(3 * (bills[0]?.promptTokens ?? 0));
    expect(reply.last).toMatchObject({
      event: 'done',
      data: {
        finishReason: 'stop',
        usageSource: 'provider',
        usage: {
          promptTokens: sum('promptTokens'),
          outputTokens: sum('outputTokens'),
          totalTokens: sum('totalTokens'),
        },
        tokensUsed: sum('totalTokens'),
        message: { model: 'gemini-4-argon' },
      },
    });
    expect((await guest.me()).budget).toMatchObject({ used: sum('totalTokens'), reserved: 0 });
  });

  test('is continued only within its reservation', async () => {
    server = await startTestServer({ MAX_OUTPUT_TOKENS: '1000' });
    server.simulator.script([stream('One ', 300, TO_BE_CONTINUED)]);
    const guest = await server.guest();
    await guest.ask('Count.');
    const [first, second] = asked();
    expect(first?.generationConfig.maxOutputTokens).toBe(1000);
    expect(second?.generationConfig.maxOutputTokens).toBeLessThanOrEqual(700);
  });

  test('ends at the maximum length if too little is left', async () => {
    server = await startTestServer({ MAX_OUTPUT_TOKENS: '1000' });
    server.simulator.script([stream('One ', 900, TO_BE_CONTINUED)]);
    const reply = await (await server.guest()).ask('Count.');
    expect(reply.last).toMatchObject({ event: 'done', data: { finishReason: 'length', tokensUsed: 910 } });
    expect(asked()).toHaveLength(1);
  });
});

describe('a reply that breaks off with an error', () => {
  const broken = {
    chunks: ['The wheel ', 'turns slowly'],
    fault: { kind: 'reset', afterChunks: 2 },
  } as const;

  test('is continued if the operator enables it, and repeated text is stored once', async () => {
    server = await startTestServer({ AUTO_CONTINUE: '1' });
    server.simulator.script([broken, { chunks: ['turns sl', 'owly and ', 'evenly.'] }]);
    const guest = await server.guest();
    const reply = await guest.ask('What does it do?');
    expect(reply.text).toBe('The wheel turns slowly and evenly.');
    expect(noticesOf(reply)).toEqual(['continuing']);
    expect(reply.last).toMatchObject({
      event: 'done',
      data: { status: 'completed', usageSource: 'estimate' },
    });
    const [, second] = asked();
    expect(second?.contents.map(({ role }) => role)).toEqual(['user', 'model', 'user']);
    expect(second?.contents[1]?.parts[0]?.text).toBe('The wheel turns slowly');

    const [, saved] = await guest.messages(reply.meta.chatId);
    expect(saved?.parts).toEqual([{ type: 'text', text: reply.text }]);
    expect((await guest.replay(reply.meta.generationId)).text).toBe(reply.text);
    expect((await guest.me()).budget).toMatchObject({ used: saved?.tokensUsed, reserved: 0 });
  });

  test('fails with all its text after too many interruptions', async () => {
    server = await startTestServer({ AUTO_CONTINUE: '1' });
    const again = { chunks: [' and ', 'evenly'], fault: { kind: 'reset', afterChunks: 2 } } as const;
    server.simulator.script([broken, again]);
    const guest = await server.guest();
    const reply = await guest.ask('What does it do?');
    expect(reply.text).toBe('The wheel turns slowly and evenly');
    expect(reply.last).toMatchObject({ event: 'error', data: { code: 'model_stream_broken' } });
    expect(asked()).toHaveLength(2);
    expect((await guest.me()).budget.reserved).toBe(0);
  });

  test('is not continued by default', async () => {
    server = await startTestServer();
    server.simulator.script([broken]);
    const reply = await (await server.guest()).ask('What does it do?');
    expect(reply.text).toBe('The wheel turns slowly');
    expect(asked()).toHaveLength(1);
  });
});
