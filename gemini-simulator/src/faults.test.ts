import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptItem, faultNames, startSimulator } from './index.ts';
import { ask, askScripted, eventsOf, readWrites, textOf, until } from './testing/ask.ts';

const simulator = await startSimulator();
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const threeChunks = { chunks: ['one ', 'two ', 'three'] };

describe('before the headers', () => {
  const errors = [
    ['400', 400, 'INVALID_ARGUMENT'],
    ['400-bad-key', 400, 'INVALID_ARGUMENT'],
    ['400-region', 400, 'FAILED_PRECONDITION'],
    ['401', 401, 'UNAUTHENTICATED'],
    ['402', 402, 'RESOURCE_EXHAUSTED'],
    ['403', 403, 'PERMISSION_DENIED'],
    ['404', 404, 'NOT_FOUND'],
    ['429', 429, 'RESOURCE_EXHAUSTED'],
    ['429-no-retry-info', 429, 'RESOURCE_EXHAUSTED'],
    ['499', 499, 'CANCELLED'],
    ['500', 500, 'INTERNAL'],
    ['503', 503, 'UNAVAILABLE'],
    ['504', 504, 'DEADLINE_EXCEEDED'],
  ] as const;
  for (const [name, code, status] of errors) {
    test(`${name} is an error ${code} ${status} in Google's shape`, async () => {
      const answer = await askScripted(simulator, name);
      expect(answer.status).toBe(code);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code, status, message: expect.any(String) } });
    });
  }

  test('429 has QuotaFailure and a RetryInfo that a script can set', async () => {
    const answer = await askScripted(simulator, { kind: 'error', error: '429', retryDelay: '0.5s' });
    expect(JSON.parse(answer.body).error.details).toMatchObject([
      { '@type': 'type.googleapis.com/google.rpc.QuotaFailure' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.5s' },
    ]);
    expect((await askScripted(simulator, '429-no-retry-info')).body).not.toContain('RetryInfo');
  });

  test('an error can come as text/event-stream', async () => {
    const behaviour = { kind: 'error', error: '503', contentType: 'text/event-stream' } as const;
    expect((await askScripted(simulator, behaviour)).headers.get('content-type')).toBe('text/event-stream');
  });

  test('without alt=sse an error is an array of one', async () => {
    const answer = await askScripted(simulator, '503', 'Hi', { query: '' });
    expect(JSON.parse(answer.body)).toMatchObject([{ error: { code: 503 } }]);
  });

  test('502-html is an HTML page', async () => {
    const answer = await askScripted(simulator, '502-html');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, 'text/html; charset=UTF-8']);
    expect(answer.body).toMatch(/^<!DOCTYPE html>/);
  });

  test('a delay comes before the answer', async () => {
    const answer = await askScripted(simulator, { firstDelayMs: 20 }, 'Hi');
    expect(textOf(eventsOf(answer.body))).toBe('Hi');
  });

  test('hang never answers, and the log shows that the client closed', async () => {
    const abort = new AbortController();
    const answer = askScripted(simulator, 'hang', 'Hi', { signal: abort.signal });
    await until(() => simulator.log().length === 1);
    abort.abort();
    await expect(answer).rejects.toThrow('abort');
    await until(() => simulator.log()[0]?.closedByClientAt !== undefined);
    expect(simulator.log()[0]?.status).toBeUndefined();
  });

  test('reset resets the connection without an answer', async () => {
    await expect(askScripted(simulator, 'reset')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });
});

describe('in the stream', () => {
  test('an error event follows the chunks', async () => {
    const events = eventsOf(
      (await askScripted(simulator, { ...threeChunks, fault: { kind: 'error', afterChunks: 2 } })).body,
    );
    expect(textOf(events)).toBe('one two ');
    expect(events.at(-1)).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE' } });
  });

  test('an error comes as bare JSON, whole or split', async () => {
    for (const form of ['bare', 'bare-split'] as const) {
      const answer = await askScripted(simulator, { fault: { kind: 'error', form, error: '500' } }, 'Hi');
      const [, bare = ''] = answer.body.split('\r\n\r\n');
      expect(JSON.parse(bare)).toMatchObject({ error: { code: 500 } });
    }
  });

  test('a reset after a chunk sends that chunk', async () => {
    const answer = await askScripted(simulator, { ...threeChunks, fault: { kind: 'reset', afterChunks: 1 } });
    expect(answer.broken).toBeDefined();
    expect(textOf(eventsOf(answer.body))).toBe('one ');
    expect(simulator.log()[0]).toMatchObject({ chunksSent: 1, text: 'one ', finishedAt: expect.any(Number) });
  });

  test('a reset after some bytes sends exactly these bytes', async () => {
    const answer = await askScripted(simulator, { fault: { kind: 'reset', afterBytes: 57 } });
    expect(answer.broken).toBeDefined();
    expect(answer.body).toHaveLength(57);
    expect(simulator.log()[0]?.bytesSent).toBe(57);
  });

  test('a truncated event ends the response in the middle of its JSON', async () => {
    const answer = await askScripted(simulator, { ...threeChunks, fault: { kind: 'truncate' } });
    expect(answer.broken).toBeUndefined();
    const [first = '', half = '', rest] = answer.body.split('\r\n\r\n');
    expect(textOf(eventsOf(first))).toBe('one ');
    expect(half.startsWith('data: {"candidates"')).toBe(true);
    expect(() => eventsOf(half)).toThrow(SyntaxError);
    expect(rest).toBeUndefined();
  });

  test('a close and a missing finishReason both end cleanly without one', async () => {
    for (const behaviour of [{ ...threeChunks, fault: { kind: 'close' } }, { finishReason: null }] as const) {
      const answer = await askScripted(simulator, behaviour, 'Hi');
      expect(answer.broken).toBeUndefined();
      expect(answer.body).toContain('"text": ');
      expect(answer.body).not.toContain('finishReason');
    }
  });

  test('a fault without a position precedes the finishReason, even in a reply of one chunk', async () => {
    const answer = await askScripted(simulator, { fault: { kind: 'close' } }, 'Hi', {
      model: 'gemini-2.5-pro',
    });
    expect([answer.status, answer.body]).toEqual([200, '']);
  });

  test('a fault can follow the last chunk', async () => {
    const answer = await askScripted(simulator, { fault: { kind: 'reset', afterChunks: 99 } }, 'Hi');
    expect(answer.body).toContain('"finishReason": "STOP"');
    expect(answer.broken).toBeDefined();
  });

  test('an empty 200 has the content type of a stream and no body', async () => {
    const answer = await askScripted(simulator, 'empty');
    expect([answer.status, answer.headers.get('content-type'), answer.body]).toEqual([
      200,
      'text/event-stream',
      '',
    ]);
  });

  test('a blocked prompt has a blockReason and no candidates', async () => {
    const events = eventsOf((await askScripted(simulator, { blockReason: 'JAILBREAK' })).body);
    expect(events).toMatchObject([{ promptFeedback: { blockReason: 'JAILBREAK' }, usageMetadata: {} }]);
    expect(events[0]).not.toHaveProperty('candidates');
  });

  test('any finishReason can be set, with and without text', async () => {
    const withText = eventsOf(
      (await askScripted(simulator, { finishReason: 'NEW_ONE', finishMessage: 'Because.' })).body,
    );
    expect(textOf(withText)).toBe('one two three');
    expect(withText.at(-1)?.candidates?.[0]).toMatchObject({
      finishReason: 'NEW_ONE',
      finishMessage: 'Because.',
    });
    const without = eventsOf((await askScripted(simulator, 'safety-no-text')).body);
    expect(without).toMatchObject([{ candidates: [{ content: {}, finishReason: 'SAFETY' }] }]);
  });

  test('content can be {} or have no parts', async () => {
    expect((await askScripted(simulator, { lastContent: 'empty' })).body).toContain(
      '{"content": {},"finishReason"',
    );
    expect((await askScripted(simulator, { lastContent: 'no-parts' })).body).toContain(
      '{"content": {"role": "model"},',
    );
  });

  test('every chunk can have STOP', async () => {
    const events = eventsOf((await askScripted(simulator, { ...threeChunks, stopOnEveryChunk: true })).body);
    expect(events.map((event) => event.candidates?.[0]?.finishReason)).toEqual([
      'STOP',
      'STOP',
      'STOP',
      'STOP',
    ]);
  });

  test('usage can be missing, or lack candidatesTokenCount at the end', async () => {
    expect((await askScripted(simulator, { usage: 'missing' })).body).not.toContain('usageMetadata');
    const events = eventsOf((await askScripted(simulator, { usage: 'without-candidates' })).body);
    expect(events.map((event) => event.usageMetadata?.candidatesTokenCount)).toEqual([4, undefined]);
  });

  test('a stall sends the chunks before it, and ends when the client disconnects', async () => {
    const abort = new AbortController();
    const answer = askScripted(simulator, { ...threeChunks, fault: { kind: 'stall' } }, 'Hi', {
      signal: abort.signal,
    });
    await until(() => simulator.log()[0]?.chunksSent === 1);
    abort.abort();
    expect((await answer).broken).toHaveProperty('name', 'AbortError');
    await until(() => simulator.log()[0]?.closedByClientAt !== undefined);
    expect(simulator.log()[0]).toMatchObject({ chunksSent: 1, text: 'one ', tokensMade: 1 });
  });

  test('a stall of some milliseconds continues to the end', async () => {
    const answer = await askScripted(simulator, { ...threeChunks, fault: { kind: 'stall', ms: 5 } });
    expect(textOf(eventsOf(answer.body))).toBe('one two three');
  });

  test('a function call is sent alone, and thoughts before the text', async () => {
    const call = eventsOf((await askScripted(simulator, 'function-call')).body);
    expect(call[0]?.candidates?.[0]?.content.parts).toEqual([
      {
        functionCall: { name: 'get_capital', args: { country: 'France' } },
        thoughtSignature: expect.any(String),
      },
    ]);
    expect(textOf(call)).toBe('');
    const thinking = eventsOf((await askScripted(simulator, { thoughts: ['Hm.'] }, 'Hi')).body);
    expect(thinking[0]?.candidates?.[0]?.content.parts).toEqual([{ text: 'Hm.', thought: true }]);
    expect(thinking[0]?.usageMetadata).toMatchObject({ thoughtsTokenCount: 1 });
    expect(textOf(thinking)).toBe('Hi');
  });

  test('an empty text can have a signature', async () => {
    const events = eventsOf((await askScripted(simulator, { thoughtSignature: 'c2ln' })).body);
    expect(events.at(-1)?.candidates?.[0]?.content.parts).toEqual([{ text: '', thoughtSignature: 'c2ln' }]);
  });

  test('lines can end with LF or mixed line ends', async () => {
    expect((await askScripted(simulator, 'lf')).body).not.toContain('\r');
    const mixed = (await askScripted(simulator, { ...threeChunks, lineEnds: 'mixed' })).body;
    expect(mixed.match(/\r\n/g)?.length).toBeGreaterThan(0);
    expect(mixed.match(/(?<!\r)\n/g)?.length).toBeGreaterThan(0);
  });

  test('comment lines, event lines and [DONE] can be added', async () => {
    expect((await askScripted(simulator, 'comments')).body).toMatch(/^: keep-alive\r\n\r\ndata: /);
    expect((await askScripted(simulator, 'event-lines')).body).toMatch(/^event: message\r\ndata: /);
    expect((await askScripted(simulator, 'done')).body).toMatch(/\r\n\r\ndata: \[DONE\]\r\n\r\n$/);
  });

  test('writes can be split inside a character', async () => {
    simulator.script([{ writeBytes: 1 }]);
    const writes = await readWrites(simulator, '水車');
    expect(writes.every((write) => write.length === 1)).toBe(true);
    expect(textOf(eventsOf(Buffer.from(writes.join(''), 'latin1').toString()))).toBe('水車');
  });
});

describe('a reply', () => {
  test('can be answered by another model than requested', async () => {
    const events = eventsOf((await askScripted(simulator, 'reroute', 'Hi')).body);
    expect(events.map((event) => event.modelVersion)).toEqual(events.map(() => 'gemini-3.5-flash-lite'));
    expect(simulator.log()[0]).toMatchObject({
      model: 'gemini-3.8-flash',
      modelVersion: 'gemini-3.5-flash-lite',
    });
  });

  test('can have sources, citations and safety ratings on its last candidate', async () => {
    const last = async (fault: ScriptItem) =>
      eventsOf((await askScripted(simulator, fault)).body).at(-1)?.candidates?.[0];
    expect(await last('grounding')).toMatchObject({
      groundingMetadata: { groundingChunks: [{ web: { title: 'example.com' } }] },
    });
    expect(await last('citations')).toMatchObject({
      citationMetadata: { citationSources: [{ startIndex: 0 }] },
    });
    expect(await last('safety')).toMatchObject({ safetyRatings: [{ probability: 'HIGH' }] });
    expect(await last('malformed-call')).toMatchObject({
      finishMessage: expect.stringContaining('Malformed'),
    });
  });

  test('has an image if the script or the request asks for one', async () => {
    const image = { inlineData: { mimeType: 'image/png', data: expect.stringMatching(/^iVBORw0KGgo/) } };
    const scripted = eventsOf((await askScripted(simulator, 'image')).body);
    expect(scripted[0]?.candidates?.[0]?.content.parts).toEqual([image]);
    const request = { generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } };
    const asked = eventsOf((await ask(simulator, 'Draw', { request })).body);
    expect(textOf(asked)).toBe('Draw');
    expect(asked.at(-2)?.candidates?.[0]?.content.parts).toEqual([image]);
    expect(asked.at(-1)?.usageMetadata?.candidatesTokenCount).toBe(1291);
  });

  test('can have signed thoughts', async () => {
    const events = eventsOf((await askScripted(simulator, 'signed-thoughts')).body);
    expect(events[0]?.candidates?.[0]?.content.parts).toMatchObject([
      { thought: true, thoughtSignature: 'c2lnbmF0dXJl' },
    ]);
    expect(events.at(-1)?.usageMetadata).toMatchObject({ thoughtsTokenCount: 10, candidatesTokenCount: 3 });
  });

  test('that uses tools counts each step separately and sums them in its last chunk', async () => {
    const behaviour = { thoughts: ['Hm. '], chunks: ['One two ', 'three '], toolSteps: [120, 80] };
    const usages = eventsOf((await askScripted(simulator, behaviour, 'Hi')).body).map(
      (event) => event.usageMetadata,
    );
    expect(usages).toMatchObject([
      { promptTokenCount: 1, thoughtsTokenCount: 1, totalTokenCount: 2 },
      { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
      { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
      {
        promptTokenCount: 2,
        candidatesTokenCount: 4,
        thoughtsTokenCount: 1,
        toolUsePromptTokenCount: 200,
        totalTokenCount: 207,
      },
    ]);
  });

  test('of several requests continues with each token, and bills the prompt each time', async () => {
    const text = 'The wheel turns and turns. '.repeat(20);
    simulator.script([{ text, continueAfter: 3 }]);
    let said = '';
    let token: string | undefined;
    let requests = 0;
    do {
      const request = token === undefined ? {} : { continuationToken: token };
      const events = eventsOf((await ask(simulator, 'Go on', { request })).body);
      const last = events.at(-1)?.candidates?.[0];
      said += textOf(events);
      requests += 1;
      token = last?.continuationToken;
      expect(last?.finishReason).toBe(token === undefined ? 'STOP' : 'CONTINUATION');
    } while (token !== undefined);
    expect(said).toBe(text);
    expect(requests).toBeGreaterThan(1);
    expect(simulator.log().map(({ billed }) => billed.promptTokens)).toEqual(
      Array.from({ length: requests }, () => 2),
    );
    const unknown = await ask(simulator, 'Go on', { request: { continuationToken: 'bm8=' } });
    expect(unknown.status).toBe(400);
  });

  test('can have a first event of any length', async () => {
    const answer = await askScripted(simulator, { endless: 3_000_000 }, 'Hi');
    const events = eventsOf(answer.body);
    expect(textOf(events)).toBe(`${'x'.repeat(3_000_000)}Hi`);
    expect(events.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
  });

  test.each(['endless-event', 'endless-stream'] as const)(
    '%s continues until the client disconnects',
    async (fault) => {
      const abort = new AbortController();
      const answer = askScripted(simulator, fault, 'Hi', { signal: abort.signal });
      await until(() => (simulator.log()[0]?.bytesSent ?? 0) > 1_000_000);
      abort.abort();
      expect((await answer).broken).toHaveProperty('name', 'AbortError');
      await until(() => simulator.log()[0]?.closedByClientAt !== undefined);
    },
  );
});

describe('a fault is chosen', () => {
  test('by the script first, then by the header, then by the model', async () => {
    const asking = { model: 'sim-503', headers: { 'x-sim': '429' } };
    expect((await askScripted(simulator, '500', 'Hi', asking)).status).toBe(500);
    expect((await ask(simulator, 'Hi', asking)).status).toBe(429);
    expect((await ask(simulator, 'Hi', { model: 'sim-503' })).status).toBe(503);
  });

  test('by a header that holds a behaviour as JSON', async () => {
    const answer = await ask(simulator, 'Hi', { headers: { 'x-sim': '{"text": "from the header"}' } });
    expect(textOf(eventsOf(answer.body))).toBe('from the header');
  });

  test('by every name there is, and the default model answers', async () => {
    const slow = new Set(['hang', 'stall-forever', 'stall', 'delay', 'reset']);
    const special = new Set([...slow, 'endless-event', 'endless-stream', 'reroute']);
    for (const name of faultNames.filter((fault) => !special.has(fault))) {
      const answer = await ask(simulator, 'Hello there', { model: `sim-${name}` });
      const versions = [...answer.body.matchAll(/"modelVersion": "(.*?)"/g)].map(([, version]) => version);
      expect(versions.filter((version) => version !== 'gemini-3.8-flash')).toEqual([]);
      expect(simulator.log().at(-1)?.model).toBe(`sim-${name}`);
    }
  });

  test('also for generateContent', async () => {
    const asking = { method: 'generateContent' };
    expect((await askScripted(simulator, 'error-event', 'Hi', asking)).status).toBe(503);
    const truncated = await askScripted(simulator, 'truncate', 'Hi', asking);
    expect(() => JSON.parse(truncated.body)).toThrow(SyntaxError);
    const blocked = await askScripted(simulator, 'prompt-block', 'Hi', asking);
    expect(JSON.parse(blocked.body)).toHaveProperty('promptFeedback');
  });
});
