import type { ReplyErrorCode, Usage } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RETRY_AFTER_SECONDS } from './model-provider.fixture.ts';
import type { ModelProviderHarness, ServiceFailure } from './model-provider.fixture.ts';
import type { ModelOutcome, ModelRequest, ModelSink } from './model-provider.ts';
import type { PromptPart, ProviderData, Turn } from './prompt-parts.ts';

const FAILURES: readonly (readonly [ServiceFailure, ReplyErrorCode])[] = [
  ['bad-key', 'model_key_invalid'],
  ['out-of-credit', 'model_quota_exhausted'],
  ['rate-limited', 'model_rate_limited'],
  ['unknown-model', 'model_not_found'],
  ['rejected-request', 'model_request_rejected'],
  ['server-error', 'model_unavailable'],
  ['overloaded', 'model_unavailable'],
  ['no-answer', 'model_timeout'],
  ['connection-reset', 'model_unavailable'],
  ['garbage', 'model_bad_response'],
  ['empty', 'model_empty_reply'],
  ['blocked-prompt', 'model_blocked'],
];

const CHUNKS = ['One ', 'two ', 'three.'];

/** What a provider told its sink. */
class RecordedReply {
  text = '';
  thoughts = '';
  model: string | null = null;
  usage: Usage | null = null;
  readonly providerData: { data: ProviderData; text: string }[] = [];
  onText = () => {};

  readonly sink: ModelSink = {
    text: (text) => {
      expect(text.isWellFormed()).toBe(true);
      this.text += text;
      this.onText();
    },
    thought: (text) => void (this.thoughts += text),
    media: () => {},
    source: () => {},
    providerData: (data, text) => void this.providerData.push({ data, text }),
    model: (name) => void (this.model = name),
    usage: (usage) => void (this.usage = usage),
    notice: () => {},
  };
}

const userTurn = (...parts: PromptPart[]): Turn => ({ role: 'user', parts });
const textPart = (text: string): PromptPart => ({ type: 'text', text });

/** Every model provider passes this suite. `start` gives each test a new provider and service. */
export function modelProviderContract(name: string, start: () => Promise<ModelProviderHarness>): void {
  describe(`model provider: ${name}`, () => {
    let harness: ModelProviderHarness;
    let reply: RecordedReply;
    beforeEach(async () => {
      harness = await start();
      reply = new RecordedReply();
    });
    afterEach(() => harness.close());

    function generate(
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
      return harness.provider.generate(request, reply.sink, signal);
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

      test('has its thoughts apart from its text', async () => {
        harness.replyNext({ chunks: CHUNKS, thoughts: ['Hm. ', 'Yes.'] });
        await generate();
        expect(reply).toMatchObject({ text: CHUNKS.join(''), thoughts: 'Hm. Yes.' });
      });

      test('without reported usage has no final usage', async () => {
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

      test('that reaches its length limit says so', async () => {
        harness.replyNext({ chunks: CHUNKS, end: 'length' });
        expect(await generate()).toMatchObject({ finishReason: 'length', usageIsFinal: true });
      });
    });

    describe('an error', () => {
      test.each(FAILURES)('of the service is typed: %s', async (failure, code) => {
        harness.failNext(failure);
        await expect(generate()).rejects.toMatchObject({ name: 'ReplyError', code });
        expect(reply.text).toBe('');
      });

      test('of a rate limit says when to retry', async () => {
        harness.failNext('rate-limited');
        await expect(generate()).rejects.toMatchObject({ retryAfterMs: RETRY_AFTER_SECONDS * 1000 });
      });

      test.each([
        ['reset', 'model_stream_broken'],
        ['close', 'model_stream_broken'],
        ['stall', 'model_timeout'],
      ] as const)('after the first chunk keeps that chunk: %s', async (fault, code) => {
        harness.replyNext({ chunks: CHUNKS, fault });
        await expect(generate()).rejects.toMatchObject({ name: 'ReplyError', code, usageIsFinal: false });
        expect(reply.text).toBe(CHUNKS[0]);
      });

      test('of the safety rules ends a reply with its final usage', async () => {
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
        await vi.waitFor(() => expect(harness.closedRequests()).toBe(1));
        expect(reply.text).toBe(CHUNKS[0]);
      });

      test('before the answer rejects with its reason', async () => {
        const abort = new AbortController();
        harness.failNext('no-answer');
        const aborted = generate(undefined, abort.signal);
        abort.abort(new Error('stopped'));
        await expect(aborted).rejects.toBe(abort.signal.reason);
      });

      test('before the request sends nothing', async () => {
        const signal = AbortSignal.abort(new Error('stopped'));
        await expect(generate(undefined, signal)).rejects.toBe(signal.reason);
      });
    });

    describe('a prompt', () => {
      const IMAGE = { mimeType: 'image/png', bytes: PNG, width: 1, height: 1 };

      test('may have every kind of part', async () => {
        const call = { id: 'call-1', name: 'now' };
        harness.replyNext({ chunks: CHUNKS });
        await generate([
          userTurn(
            { type: 'file', name: 'notes.md', text: 'wheel' },
            { type: 'file', name: 'old.png', text: null },
            { type: 'media', ...IMAGE },
            textPart('What time is it?'),
          ),
          { role: 'assistant', parts: [{ type: 'tool-call', ...call, arguments: { zone: 'UTC' } }] },
          userTurn({ type: 'tool-result', ...call, result: { time: '12:00' } }),
        ]);
        const sent = harness.lastRequest();
        for (const content of ['wheel', 'notes.md', 'old.png', 'What time', 'UTC', '12:00']) {
          expect(sent).toContain(content);
        }
        expect(sent).toContain(Buffer.from(PNG).toString('base64'));
      });

      test('has private data of the service in its part again, and none of another provider', async () => {
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
        expect(harness.lastRequest()).toContain(privateText);

        own.providerData = { ...stored, provider: 'another' };
        harness.replyNext({ chunks: CHUNKS });
        await generate([...turns, userTurn(textPart('Again.'))]);
        expect(harness.lastRequest()).not.toContain(privateText);
      });
    });

    describe('the list of models', () => {
      const { signal } = new AbortController();

      test('has models with their limits', async () => {
        const models = await harness.provider.models(signal);
        expect(models.length).toBeGreaterThan(0);
        for (const model of models) expect(model.id).not.toBe('');
      });

      test('is there without the service, and when its caller cancels', async () => {
        await harness.stopService();
        expect((await harness.provider.models(signal)).length).toBeGreaterThan(0);
        expect((await harness.provider.models(AbortSignal.abort())).length).toBeGreaterThan(0);
      });
    });

    describe('a count of tokens', () => {
      const { signal } = new AbortController();

      test('is a whole number, for a text and for an image', async () => {
        const { provider, model } = harness;
        const short = await provider.countTokens(model, 'mill', signal);
        const long = await provider.countTokens(model, 'a mill at the river '.repeat(20), signal);
        const image = await provider.countTokens(model, { mimeType: 'image/png', bytes: PNG }, signal);
        expect([short, long, image].every((count) => Number.isSafeInteger(count) && count > 0)).toBe(true);
        expect(long).toBeGreaterThan(short);
      });

      test('that fails is an error, and an aborted one rejects with its reason', async () => {
        const { provider, model } = harness;
        harness.failCounting();
        await expect(provider.countTokens(model, 'mill', signal)).rejects.toMatchObject({
          name: 'ReplyError',
        });
        const aborted = AbortSignal.abort(new Error('stopped'));
        await expect(provider.countTokens(model, 'mill', aborted)).rejects.toBe(aborted.reason);
      });
    });
  });
}

function sumOfTokens({ promptTokens, outputTokens, thoughtTokens, toolUseTokens }: Usage): number {
  return promptTokens + outputTokens + thoughtTokens + toolUseTokens;
}

/** An image of one pixel. */
const PNG = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
  (character) => character.charCodeAt(0),
);
