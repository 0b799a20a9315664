import { afterEach, describe, expect, test } from 'vitest';
import type { UsageReport } from '@millrace/protocol';
import { readEvents } from '../support/caller.ts';
import type { ReadReply } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const OTHER = 'gemini-3.5-flash';

let server: TestServer;
afterEach(() => server.close());

function noticesOf({ events }: ReadReply): string[] {
  return events.flatMap((event) => (event.event === 'notice' ? [event.data.code] : []));
}

const asked = () => server.simulator.log().filter(({ method }) => method === 'streamGenerateContent');

describe('a model that fails before its first token', () => {
  test('is retried, with a notice, and its reply is charged once', async () => {
    server = await startTestServer({ MODEL_RETRIES: '2' });
    server.simulator.script(['503', 'reset', { text: 'Here at last.' }]);
    const guest = await server.guest();
    const reply = await guest.ask('Are you there?');
    expect(reply.text).toBe('Here at last.');
    expect(noticesOf(reply)).toEqual(['retrying', 'retrying']);
    expect(asked()).toHaveLength(3);
    const { tokensUsed } = (await guest.messages(reply.meta.chatId))[1] ?? {};
    expect((await guest.me()).budget).toMatchObject({ used: tokensUsed, reserved: 0 });
  });

  test('is not retried more often than configured', async () => {
    server = await startTestServer({ MODEL_RETRIES: '1' });
    server.simulator.script(['500', '503', { text: 'Too late.' }]);
    const reply = await (await server.guest()).ask('Are you there?');
    expect(reply.last).toMatchObject({
      event: 'error',
      data: { code: 'model_unavailable', retryable: true },
    });
    expect(asked()).toHaveLength(2);
  });

  test('is retried after its Retry-After, and not before', async () => {
    server = await startTestServer({ MODEL_RETRIES: '1' });
    server.simulator.script([{ kind: 'error', error: '429', retryDelay: '0.3s' }, { text: 'Now.' }]);
    const reply = await (await server.guest()).ask('Are you there?');
    expect(reply.text).toBe('Now.');
    const [first, second] = asked();
    expect((second?.startedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThanOrEqual(290);
  });

  test('is not retried beyond the configured time', async () => {
    server = await startTestServer({ MODEL_RETRIES: '5' });
    server.simulator.script([{ kind: 'error', error: '429', retryDelay: '34.4s' }]);
    const reply = await (await server.guest()).ask('Are you there?');
    expect(reply.last).toMatchObject({ event: 'error', data: { code: 'model_rate_limited' } });
    expect(noticesOf(reply)).toEqual([]);
    expect(asked()).toHaveLength(1);
  });

  test.each(['402', '400-bad-key', '400', '403', '404'] as const)(
    'permanently (%s) is not retried, and no fallback is used',
    async (fault) => {
      server = await startTestServer({ MODEL_RETRIES: '3', GEMINI_FALLBACK_MODELS: OTHER });
      server.simulator.script([fault]);
      const reply = await (await server.guest()).ask('Are you there?');
      expect(reply.last).toMatchObject({ event: 'error', data: { retryable: false } });
      expect(asked()).toHaveLength(1);
    },
  );

  test('can be stopped during the wait for a retry', async () => {
    server = await startTestServer({ MODEL_RETRIES: '1' });
    server.simulator.script([{ kind: 'error', error: '429', retryDelay: '20s' }]);
    const guest = await server.guest();
    const { id } = await guest.createChat();
    const response = await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Are you there?' });
    const names: string[] = [];
    for await (const { event, generationId, data } of readEvents(response)) {
      names.push(event);
      if (event === 'notice') await guest.send('POST', `/api/generations/${generationId}/stop`, {});
      if (event === 'done') expect(data).toMatchObject({ status: 'stopped' });
    }
    expect(names).toEqual(['meta', 'notice', 'done']);
    expect(asked()).toHaveLength(1);
  });
});

test('a model that breaks off after its first token is not retried: its text is stored', async () => {
  server = await startTestServer({ MODEL_RETRIES: '3', GEMINI_FALLBACK_MODELS: OTHER });
  server.simulator.script([{ chunks: ['One ', 'two ', 'three'], fault: { kind: 'reset', afterChunks: 2 } }]);
  const reply = await (await server.guest()).ask('Count.');
  expect(reply.text).toBe('One two ');
  expect(reply.last).toMatchObject({ event: 'error', data: { code: 'model_stream_broken' } });
  expect(asked()).toHaveLength(1);
});

describe('a fallback model', () => {
  test('takes over from a model that is out of service, with a notice, at its own price', async () => {
    server = await startTestServer({ MODEL_RETRIES: '1', GEMINI_FALLBACK_MODELS: OTHER });
    server.simulator.script(['503', '503', { text: 'I can.' }]);
    const guest = await server.guest();
    const reply = await guest.ask('Can anybody?');
    expect(reply.text).toBe('I can.');
    expect(noticesOf(reply)).toEqual(['retrying', 'fallback_model', 'answered_by']);
    expect(asked().map(({ model }) => model)).toEqual(['gemini-3.8-flash', 'gemini-3.8-flash', OTHER]);
    const [, answer] = await guest.messages(reply.meta.chatId);
    expect(answer).toMatchObject({ model: OTHER, status: 'completed' });
    // 1.5 and 9 dollars per million tokens.
    const { promptTokens = 0, outputTokens = 0 } = answer?.usage ?? {};
    expect(answer?.costMicros).toBe(Math.ceil(promptTokens * 1.5 + outputTokens * 9));
    const report = await guest.json<UsageReport>('GET', '/api/usage');
    expect(report.models).toMatchObject([{ key: OTHER, tokens: answer?.tokensUsed }]);
  });

  test('takes over at once from a model whose circuit breaker is open', async () => {
    server = await startTestServer({ GEMINI_FALLBACK_MODELS: OTHER, MODEL_BREAKER_THRESHOLD: '5' });
    const guest = await server.guest();
    for (let failure = 0; failure < 5; failure += 1) {
      server.simulator.script(['503', { text: 'Instead.' }]);
      await guest.ask('Can anybody?');
    }
    expect(asked()).toHaveLength(10);
    expect((await guest.ask('Can anybody?')).last).toMatchObject({ event: 'done' });
    expect(asked().slice(10)).toMatchObject([{ model: OTHER }]);
  });

  test('has a reservation at its own price before the request', async () => {
    server = await startTestServer({
      GEMINI_MODEL: 'gemini-2.5-flash-lite',
      GEMINI_FALLBACK_MODELS: 'gemini-4-argon',
      DEFAULT_COST_LIMIT: '0.02',
    });
    // The server's limits don't apply to administrators.
    await server.user();
    const user = await server.user();
    server.simulator.script(['503', { text: 'word '.repeat(9000), ignoresMaxOutput: true }]);
    const reply = await user.ask('Write a book.');
    expect(reply.meta.model).toBe('gemini-2.5-flash-lite');
    const { cost } = (await user.me()).budget;
    expect(cost.used).toBeGreaterThan(0);
    expect(cost.used).toBeLessThanOrEqual(20_000);
    expect(cost.reserved).toBe(0);
  });
});

describe('when every model is out of service', () => {
  test('the prepared reply is sent, marked, and free', async () => {
    server = await startTestServer({
      FALLBACK_REPLY: 'We will be back soon.',
      GEMINI_FALLBACK_MODELS: OTHER,
    });
    server.simulator.script(['503', '503']);
    const guest = await server.guest();
    const reply = await guest.ask('Can anybody?');
    expect(reply.text).toBe('We will be back soon.');
    expect(noticesOf(reply)).toEqual(['fallback_model', 'fallback_reply']);
    expect(reply.last).toMatchObject({
      event: 'done',
      data: { status: 'completed', finishReason: 'fallback', tokensUsed: 0, costMicros: 0 },
    });
    expect((await guest.me()).budget).toMatchObject({ used: 0, reserved: 0 });
  });

  test('the reply fails with the error of the last model if no reply is prepared', async () => {
    server = await startTestServer({ GEMINI_FALLBACK_MODELS: OTHER });
    server.simulator.script(['503', '504']);
    const reply = await (await server.guest()).ask('Can anybody?');
    expect(reply.last).toMatchObject({ event: 'error', data: { code: 'model_timeout' } });
  });
});
