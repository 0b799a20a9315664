import type { Usage } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FAILURES, PNG, RecordedReply, RETRY_AFTER_SECONDS } from './model-provider.fixture.ts';
import type { ModelProviderHarness, ServiceCapability } from './model-provider.fixture.ts';
import type { ModelOutcome, ModelRequest } from './model-provider.ts';
import type { PromptPart, ProviderData, Turn } from './prompt-parts.ts';

const CHUNKS = ['One ', 'two ', 'three.'];

const userTurn = (...parts: PromptPart[]): Turn => ({ role: 'user', parts });
const textPart = (text: string): PromptPart => ({ type: 'text', text });

/**
 * Every model provider passes this suite.
 * @param capabilities the optional behaviour that the service has; tests of other behaviour are skipped
 * @param start creates a new provider and service for each test
 */
export function modelProviderContract(
  name: string,
  capabilities: readonly ServiceCapability[],
  start: () => Promise<ModelProviderHarness>,
): void {
  /** Defines a test, which is skipped without the capability that it needs; its title then says so. */
  function testWith(needs: ServiceCapability | undefined, title: string, body: () => Promise<void>): void {
    const isSkipped = needs !== undefined && !capabilities.includes(needs);
    const define = isSkipped ? test.skip : test;
    define(isSkipped ? `${title} (skipped: ${name} does not declare the capability ${needs})` : title, body);
  }

  describe(`model provider: ${name}`, () => {
    let harness: ModelProviderHarness;
    let reply: RecordedReply;
    beforeEach(async () => {
      harness = await start();
      reply = new RecordedReply();
    });
    afterEach(() => harness.close());

    /** Requests a reply, and checks that no request is open once the provider has resolved or rejected. */
    async function generate(
      turns: readonly Turn[] = [userTurn(textPart('Count.'))],
      signal = new AbortController().signal,
    ): Promise<ModelOutcome> {
      const request: ModelRequest = {
        model: harness.model,
        system: 'Be brief.',
        turns,
        maxOutputTokens: 1000,
        parameters: { temperature: 0.5, thinking: null, safety: {} },
        continuation: null,
      };
      try {
        return await harness.provider.generate(request, reply.sink, signal);
      } finally {
        await vi.waitFor(() => expect(harness.openRequestCount()).toBe(0));
      }
    }

    describe('a reply', () => {
      test('is text in order, with the model that answers and a final usage', async () => {
        harness.replyNext({ chunks: CHUNKS });
        expect(await generate()).toEqual({
          finishReason: 'stop',
          usageIsFinal: true,
          isFree: false,
          continuation: null,
        });
        expect(reply.text).toBe(CHUNKS.join(''));
        expect(reply.model).not.toBeNull();
        const { usage } = reply;
        expect(usage?.promptTokens).toBeGreaterThan(0);
        expect(usage?.outputTokens).toBeGreaterThan(0);
        expect(usage?.totalTokens).toBe(usage && sumOfTokens(usage));
      });

      testWith('thoughts', 'has its thoughts apart from its text', async () => {
        harness.replyNext({ chunks: CHUNKS, thoughts: ['Hm. ', 'Yes.'] });
        await generate();
        expect(reply).toMatchObject({ text: CHUNKS.join(''), thoughts: 'Hm. Yes.' });
      });

      testWith('reply-without-usage', 'without reported usage has no final usage', async () => {
        harness.replyNext({ chunks: CHUNKS, reportsUsage: false });
        expect(await generate()).toMatchObject({ usageIsFinal: false });
        expect(reply.usage).toBeNull();
      });

      test('has whole characters, wherever the response is cut', async () => {
        const text = '水車 🌊 é\u0301 ẞ';
        harness.replyNext({ chunks: [text, text], writeBytes: 1 });
        await generate();
        expect(reply.text).toBe(text + text);
      });

      test('that reaches its length limit has the finish reason for it', async () => {
        harness.replyNext({ chunks: CHUNKS, end: 'length' });
        expect(await generate()).toMatchObject({ finishReason: 'length', usageIsFinal: true });
      });
    });

    describe('an error', () => {
      for (const { failure, code, needs } of FAILURES) {
        testWith(needs, `of the service is typed, and leaves no request open: ${failure}`, async () => {
          harness.failNext(failure);
          await expect(generate()).rejects.toMatchObject({ name: 'ReplyError', code });
          expect(reply.text).toBe('');
        });
      }

      testWith('retry-after', 'of a rate limit says when to retry', async () => {
        harness.failNext('rate-limited');
        await expect(generate()).rejects.toMatchObject({ retryAfterMs: RETRY_AFTER_SECONDS * 1000 });
      });

      test.each([
        ['reset', 'model_stream_broken'],
        ['close', 'model_stream_broken'],
        ['stall', 'model_timeout'],
      ] as const)(
        'after the first chunk keeps that chunk, and leaves no request open: %s',
        async (fault, code) => {
          harness.replyNext({ chunks: CHUNKS, fault });
          await expect(generate()).rejects.toMatchObject({ name: 'ReplyError', code, usageIsFinal: false });
          expect(reply.text).toBe(CHUNKS[0]);
        },
      );

      testWith('blocked-reply', 'of the safety rules ends a reply with its final usage', async () => {
        harness.replyNext({ chunks: CHUNKS, end: 'blocked' });
        await expect(generate()).rejects.toMatchObject({ code: 'model_blocked', usageIsFinal: true });
      });
    });

    describe('an abort', () => {
      test('in a reply closes the connection at once and rejects with its reason', async () => {
        const abort = new AbortController();
        const reason = new Error('stopped');
        reply.onText = () => abort.abort(reason);
        harness.replyNext({ chunks: CHUNKS, fault: 'stall' });
        await expect(generate(undefined, abort.signal)).rejects.toBe(reason);
        expect(harness.requestCount()).toBe(1);
        expect(reply.text).toBe(CHUNKS[0]);
      });

      test('right after the call rejects with its reason', async () => {
        const abort = new AbortController();
        harness.failNext('no-answer');
        const aborted = generate(undefined, abort.signal);
        abort.abort(new Error('stopped'));
        await expect(aborted).rejects.toBe(abort.signal.reason);
      });

      test('while the service is silent closes the connection and rejects with its reason', async () => {
        const abort = new AbortController();
        harness.failNext('no-answer');
        const aborted = generate(undefined, abort.signal);
        await vi.waitFor(() => expect(harness.requestCount()).toBe(1));
        abort.abort(new Error('stopped'));
        await expect(aborted).rejects.toBe(abort.signal.reason);
      });

      test('before the request sends nothing', async () => {
        const signal = AbortSignal.abort(new Error('stopped'));
        await expect(generate(undefined, signal)).rejects.toBe(signal.reason);
        // If the aborted call had sent a request, it would arrive before this one.
        harness.replyNext({ chunks: CHUNKS });
        await generate();
        expect(harness.requestCount()).toBe(1);
      });
    });

    describe('a prompt', () => {
      const IMAGE = { mimeType: 'image/png', bytes: PNG, width: 1, height: 1 };

      test('reaches the service with its model, system instruction, temperature and limit', async () => {
        harness.replyNext({ chunks: CHUNKS });
        await generate();
        expect(harness.lastRequest()).toMatchObject({
          model: harness.model,
          system: 'Be brief.',
          temperature: 0.5,
          maxOutputTokens: 1000,
        });
      });

      testWith('image-input', 'may have an image', async () => {
        harness.replyNext({ chunks: CHUNKS });
        await generate([userTurn({ type: 'media', ...IMAGE }, textPart('What is this?'))]);
        expect(harness.lastRequest().images).toEqual([PNG]);
      });

      test('may have text, files, tool calls and tool results', async () => {
        const call = { id: 'call-1', name: 'now' };
        harness.replyNext({ chunks: CHUNKS });
        await generate([
          userTurn(
            { type: 'file', name: 'notes.md', text: 'wheel' },
            { type: 'file', name: 'old.png', text: null },
            textPart('What time is it?'),
          ),
          { role: 'assistant', parts: [{ type: 'tool-call', ...call, arguments: { zone: 'UTC' } }] },
          userTurn({ type: 'tool-result', ...call, result: { time: '12:00' } }),
        ]);
        const sent = harness.lastRequest().body;
        for (const content of ['wheel', 'notes.md', 'old.png', 'What time', 'UTC', '12:00']) {
          expect(sent).toContain(content);
        }
      });

      test('contains private data of this service in its part, and none of another provider', async () => {
        const { privateText } = harness;
        harness.replyNext({ chunks: CHUNKS });
        await generate();
        expect(reply.providerData.length > 0).toBe(privateText !== null);
        const first = reply.providerData[0];
        if (first === undefined || privateText === null) return;
        expect(first.data).toMatchObject({ provider: harness.provider.name, model: harness.model });
        const stored: ProviderData = JSON.parse(JSON.stringify(first.data));
        const own: PromptPart = { type: 'text', text: first.text, providerData: stored };
        const turns = [
          userTurn(textPart('Count.')),
          { role: 'assistant' as const, parts: [textPart('One '), own] },
        ];
        harness.replyNext({ chunks: CHUNKS });
        await generate([...turns, userTurn(textPart('Again.'))]);
        expect(harness.lastRequest().body).toContain(privateText);

        own.providerData = { ...stored, provider: 'another' };
        harness.replyNext({ chunks: CHUNKS });
        await generate([...turns, userTurn(textPart('Again.'))]);
        expect(harness.lastRequest().body).not.toContain(privateText);
      });
    });

    describe('the list of models', () => {
      const { signal } = new AbortController();

      test('has models with their limits', async () => {
        const models = await harness.provider.models(signal);
        for (const { id, inputTokenLimit, outputTokenLimit } of models) {
          expect(id).not.toBe('');
          // Zero means that the limit is unknown.
          for (const limit of [inputTokenLimit, outputTokenLimit]) {
            expect(Number.isSafeInteger(limit) && limit >= 0).toBe(true);
          }
        }
        const own = models.find(({ id }) => id === harness.model);
        expect(own?.inputTokenLimit).toBeGreaterThan(0);
        expect(own?.outputTokenLimit).toBeGreaterThan(0);
        if (capabilities.includes('image-input')) expect(own?.acceptsImages).toBe(true);
      });

      test('is available without the service, and after its caller cancels', async () => {
        await harness.stopService();
        expect((await harness.provider.models(signal)).length).toBeGreaterThan(0);
        expect((await harness.provider.models(AbortSignal.abort())).length).toBeGreaterThan(0);
      });
    });

    describe('a count of tokens', () => {
      const { signal } = new AbortController();

      test('is a whole number that grows with the text', async () => {
        const { provider, model } = harness;
        const short = await provider.countTokens(model, 'mill', signal);
        const long = await provider.countTokens(model, 'a mill at the river '.repeat(20), signal);
        expectCount(short);
        expectCount(long);
        expect(long).toBeGreaterThan(short);
      });

      testWith('image-count', 'is a whole number for an image', async () => {
        const image = { mimeType: 'image/png', bytes: PNG };
        expectCount(await harness.provider.countTokens(harness.model, image, signal));
      });

      testWith('count-failure', 'that fails is a ReplyError', async () => {
        harness.failCounting();
        const counting = harness.provider.countTokens(harness.model, 'mill', signal);
        await expect(counting).rejects.toMatchObject({ name: 'ReplyError' });
      });

      test('that is aborted rejects with the reason of its signal', async () => {
        const aborted = AbortSignal.abort(new Error('stopped'));
        const counting = harness.provider.countTokens(harness.model, 'mill', aborted);
        await expect(counting).rejects.toBe(aborted.reason);
      });
    });
  });
}

function expectCount(count: number): void {
  expect(Number.isSafeInteger(count)).toBe(true);
  expect(count).toBeGreaterThan(0);
}

function sumOfTokens({ promptTokens, outputTokens, thoughtTokens, toolUseTokens }: Usage): number {
  return promptTokens + outputTokens + thoughtTokens + toolUseTokens;
}
