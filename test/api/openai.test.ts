import OpenAI, { toFile } from 'openai';
import type { APIError } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { ModelGate } from '../support/model-gate.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const MODEL = 'gemini-3.8-flash';

let server: TestServer;
let ada: Caller;
let openai: OpenAI;
beforeAll(async () => {
  server = await startTestServer({ HEARTBEAT_MS: '100' });
  ada = await server.user();
  openai = await clientOf(ada);
});
afterAll(() => server.close());
afterEach(() => server.simulator.reset());

/** The OpenAI SDK with an API key. */
async function clientOf(caller: Caller, options: object = {}): Promise<OpenAI> {
  const { key } = await caller.json<{ key: string }>('POST', '/api/keys', { name: 'test' });
  return new OpenAI({ apiKey: key, baseURL: `${caller.url}/v1`, maxRetries: 0, ...options });
}

const asking = (content: string) => ({ model: MODEL, messages: [{ role: 'user' as const, content }] });

interface Sent {
  systemInstruction?: { parts: { text: string }[] };
  contents: { role: string; parts: { text: string }[] }[];
  generationConfig: { maxOutputTokens: number; temperature?: number; thinkingConfig?: object };
}

/** The last request to the model. */
function sent(): Sent {
  const [entry] = server.simulator
    .log()
    .filter(({ method }) => method === 'streamGenerateContent')
    .slice(-1);
  return entry?.body as Sent;
}

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function errorOf(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error('no APIError', { cause: error });
  return error;
}

describe('models', () => {
  test('can be listed and retrieved', async () => {
    const listed = await openai.models.list();
    const model = listed.data.find(({ id }) => id === MODEL);
    expect(model).toMatchObject({ object: 'model', owned_by: 'millrace' });
    expect(await openai.models.retrieve(MODEL)).toEqual(model);
  });

  test('that don’t exist are a NotFoundError', async () => {
    const asked = await errorOf(openai.chat.completions.create({ ...asking('Hi'), model: 'gpt-4o' }));
    expect(asked).toBeInstanceOf(OpenAI.NotFoundError);
    expect(asked).toMatchObject({ code: 'model_not_found', param: 'model' });
    const retrieved = await errorOf(openai.models.retrieve('gpt-4o'));
    expect(retrieved).toBeInstanceOf(OpenAI.NotFoundError);
    expect(asked.message).toBe('404 There is no model "gpt-4o". GET /v1/models lists the models.');
    expect(retrieved.message).toBe(asked.message);
    const long = await errorOf(openai.chat.completions.create({ ...asking('Hi'), model: 'x'.repeat(5000) }));
    expect(long).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect(long.message).toMatch(/^404 There is no model "x{99}…"\. GET/);
  });
});

describe('a reply', () => {
  test('without streaming has its usage, and is charged to the user of the key', async () => {
    const before = (await ada.me()).budget.used;
    const { data: completion, request_id } = await openai.chat.completions
      .create(asking('Hello over there'))
      .withResponse();
    expect(completion.choices).toMatchObject([
      { index: 0, message: { role: 'assistant', content: 'Hello over there' }, finish_reason: 'stop' },
    ]);
    expect(completion.id).toMatch(/^chatcmpl-/);
    expect(Math.abs(completion.created * 1000 - Date.now())).toBeLessThan(60_000);
    expect(request_id).toMatch(/^[\w-]+$/);
    const { usage } = completion;
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    expect((await ada.me()).budget.used - before).toBe(usage?.total_tokens);
  });

  test('streams the role, the text, the finish reason, and the usage on request', async () => {
    const text = 'A longer question, said again. '.repeat(30).trim();
    const stream = await openai.chat.completions.create({
      ...asking(text),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(text);
    expect(chunks.at(-2)?.choices).toMatchObject([{ delta: {}, finish_reason: 'stop' }]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  test('streams live, over pauses, and with the SDK’s helper', async () => {
    const gate = await ModelGate.start();
    const paused = await startTestServer({ HEARTBEAT_MS: '100', GEMINI_BASE_URL: gate.url });
    gate.target = paused.simulator.url;
    paused.simulator.script([{ chunks: ['one ', 'two ', 'three'] }]);
    let heartbeats = 0;
    const countHeartbeats = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        if (Buffer.from(bytes).toString().includes(': heartbeat')) heartbeats += 1;
        controller.enqueue(bytes);
      },
    });
    const countingFetch = async (...request: Parameters<typeof fetch>) => {
      const response = await fetch(...request);
      return new Response(response.body?.pipeThrough(countHeartbeats) ?? null, response);
    };
    const client = await clientOf(await paused.user(), { fetch: countingFetch });
    const stream = client.chat.completions.stream(asking('Count'));
    const snapshots: string[] = [];
    stream.on('content', (_delta, snapshot) => snapshots.push(snapshot));
    for (let arrived = 1; arrived <= 3; arrived += 1) {
      gate.allow(1);
      await until('the chunk has arrived', () => snapshots.length === arrived);
      const before = heartbeats;
      if (arrived < 3) await until('a heartbeat was sent', () => heartbeats > before);
    }
    gate.open();
    expect(await stream.finalContent()).toBe('one two three');
    expect(snapshots).toEqual(['one ', 'one two ', 'one two three']);
    await paused.close();
    await gate.close();
  });

  test('has no usage chunk unless requested, and ends with [DONE]', async () => {
    const response = await ada.send('POST', '/v1/chat/completions', { ...asking('Hi'), stream: true });
    const body = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(body).not.toContain('usage');
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('that reaches its maximum length has the finish reason length', async () => {
    const completion = await openai.chat.completions.create({
      ...asking('word '.repeat(100)),
      max_tokens: 5,
    });
    expect(completion.choices[0]?.finish_reason).toBe('length');
    expect(sent().generationConfig.maxOutputTokens).toBe(5);
  });

  test('has the thoughts separate from the text', async () => {
    const script = { thoughts: ['Let me ', 'see.'], text: 'Yes.' };
    server.simulator.script([script, script]);
    const body = { ...asking('Well?'), reasoning_effort: 'low' as const };
    const stream = await openai.chat.completions.create({ ...body, stream: true });
    const deltas = (await collect(stream)).map(({ choices }) => choices[0]?.delta ?? {});
    const reasoning = deltas.map((delta) => ('reasoning_content' in delta ? delta.reasoning_content : ''));
    expect(reasoning.join('')).toBe('Let me see.');
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe('Yes.');
    expect(sent().generationConfig.thinkingConfig).toBeDefined();

    const whole = await openai.chat.completions.create(body);
    expect(whole.choices[0]?.message).toMatchObject({ reasoning_content: 'Let me see.', content: 'Yes.' });
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  });
});

describe('a request', () => {
  test('reaches the model unchanged, with the system message as its instruction', async () => {
    const turns = Array.from({ length: 15 }, (_item, index) => [
      { role: 'user' as const, content: `Question ${index}` },
      { role: 'assistant' as const, content: `Answer ${index}` },
    ]).flat();
    await openai.chat.completions.create({
      model: MODEL,
      temperature: 0.25,
      messages: [
        { role: 'system', content: 'Be brief.' },
        ...turns,
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'And ' },
            { type: 'text', text: 'now?' },
          ],
        },
      ],
    });
    const { systemInstruction, contents, generationConfig } = sent();
    expect(systemInstruction?.parts).toEqual([{ text: 'Be brief.\n\nBe kind.' }]);
    expect(contents.map(({ parts }) => parts[0]?.text)).toEqual([
      ...turns.map(({ content }) => content),
      'And now?',
    ]);
    expect(generationConfig.temperature).toBe(0.25);
  });

  test('creates no visible chat', async () => {
    const bob = await server.user();
    await (await clientOf(bob)).chat.completions.create(asking('Hi'));
    expect(await bob.json('GET', '/api/chats')).toEqual({ items: [], nextCursor: null });
    expect(await bob.json('GET', '/api/usage')).toMatchObject({ chats: [{ key: 'api', replies: 1 }] });
  });

  test('can have fields without effect', async () => {
    const completion = await openai.chat.completions.create({
      ...asking('Hi'),
      n: 1,
      top_p: 1,
      frequency_penalty: 0,
      presence_penalty: 0,
      logit_bias: {},
      stop: null,
      store: false,
      seed: 7,
      user: 'u',
      metadata: { a: 'b' },
      response_format: { type: 'text' },
      max_completion_tokens: 1_000_000,
    });
    expect(completion.choices[0]?.message.content).toBe('Hi');
  });

  test('with deeply nested tools, or a parameter with a long name, gets a short error', async () => {
    const bodies = [
      `{"model":"m","messages":[],"tools":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      JSON.stringify({ ...asking('Hi'), ['x'.repeat(500_000)]: 1 }),
      JSON.stringify({ ...asking('Hi'), tools: Array.from({ length: 50_000 }, () => ({})) }),
    ];
    for (const body of bodies) {
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${openai.apiKey}`, 'content-type': 'application/json' },
        body,
      });
      expect(response.status).toBe(400);
      expect((await response.text()).length).toBeLessThan(2000);
    }
  });

  test.each([
    ['n', 2],
    ['stop', ['.']],
    ['top_p', 0.5],
    ['tools', [{ type: 'function', function: { name: 'f' } }]],
    ['response_format', { type: 'json_object' }],
    ['logprobs', true],
    ['store', true],
    ['top_k', 5],
    ['constructor', 1],
  ])('with %s is a BadRequestError that names it, and asks no model', async (param, value) => {
    const error = await errorOf(openai.chat.completions.create({ ...asking('Hi'), [param]: value }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: 'unsupported_parameter', param, type: 'invalid_request_error' });
    expect(error.message).toContain(param);
    expect(server.simulator.log()).toEqual([]);
  });

  test.each([
    [
      'an image',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }],
      'messages[0].content',
      /no images/,
    ],
    ['a tool’s answer', [{ role: 'tool', content: 'x', tool_call_id: 'y' }], 'messages[0].role', /roles/],
    ['no question', [{ role: 'assistant', content: 'x' }], 'messages', /user/],
    ['very many', Array.from({ length: 1001 }, () => ({ role: 'user', content: 'x' })), 'messages', /1000/],
    ['a blank question', [{ role: 'user', content: ' ' }], 'messages', /blank/],
    ['nothing', [], 'messages', /./],
    ['a number', [{ role: 'user', content: 5 }], 'messages[0].content', /text/],
    ['too much', [{ role: 'user', content: 'x'.repeat(32_001) }], 'messages[0].content', /32000/],
  ])('that is %s is a BadRequestError', async (_what, messages, param, message) => {
    const error = await errorOf(openai.chat.completions.create({ model: MODEL, messages } as never));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.message).toMatch(message);
    expect(error.param).toBe(param);
    // One error names a parameter in one way.
    expect(error.message).not.toMatch(/\.\d/);
    expect(server.simulator.log()).toEqual([]);
  });

  test('without a model is a BadRequestError', async () => {
    const error = await errorOf(
      openai.chat.completions.create({ ...asking('Hi'), model: undefined } as never),
    );
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
  });

  test('to an unknown address has an error of the same shape', async () => {
    const file = await toFile(Buffer.from('x'), 'x');
    const error = await errorOf(openai.files.create({ file, purpose: 'assistants' }));
    expect(error).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('errors', () => {
  test('a wrong key is an AuthenticationError', async () => {
    const stranger = new OpenAI({ apiKey: 'mk_wrong', baseURL: `${server.url}/v1`, maxRetries: 0 });
    const error = await errorOf(stranger.chat.completions.create(asking('Hi')));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ code: 'invalid_api_key', requestID: expect.any(String) });
  });

  test.each([
    ['429', OpenAI.RateLimitError, 'model_rate_limited'],
    ['503', OpenAI.InternalServerError, 'model_unavailable'],
    ['prompt-block', OpenAI.BadRequestError, 'content_filter'],
  ] as const)(
    'a model that answers %s before its first token is a status, streaming or not',
    async (fault, kind, code) => {
      server.simulator.script([fault, fault]);
      const streaming = await errorOf(openai.chat.completions.create({ ...asking('Hi'), stream: true }));
      const whole = await errorOf(openai.chat.completions.create(asking('Hi')));
      for (const error of [streaming, whole]) {
        expect(error).toBeInstanceOf(kind);
        expect(error.code).toBe(code);
      }
    },
  );

  test('a reply that breaks off throws after its text', async () => {
    server.simulator.script([{ chunks: ['one ', 'two '], fault: { kind: 'reset', afterChunks: 2 } }]);
    const stream = await openai.chat.completions.create({ ...asking('Hi'), stream: true });
    let text = '';
    const reading = (async () => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    })();
    const error = await errorOf(reading);
    expect(text).toBe('one two ');
    expect(error).toMatchObject({ code: 'model_stream_broken', type: 'server_error' });
  });

  test('of a busy model are retried by the SDK', async () => {
    server.simulator.script(['503']);
    const patient = await clientOf(ada, { maxRetries: 1 });
    const completion = await patient.chat.completions.create(asking('Hi'));
    expect(completion.choices[0]?.message.content).toBe('Hi');
  });

  test('that would repeat are not retried by the SDK', async () => {
    server.simulator.script(['400-bad-key', '400-bad-key']);
    const patient = await clientOf(ada, { maxRetries: 1 });
    expect(await errorOf(patient.chat.completions.create(asking('Hi')))).toMatchObject({ status: 502 });
    expect(server.simulator.log()).toHaveLength(1);
  });
});

describe('closing the connection', () => {
  const SLOW = { text: 'x'.repeat(5000), chunkChars: 10, chunkDelayMs: 20 };

  async function expectClosed(): Promise<void> {
    await until('the model’s connection is closed', () => {
      return server.simulator.log()[0]?.closedByClientAt !== undefined;
    });
    await until('the reply is settled', async () => (await ada.me()).budget.reserved === 0);
  }

  test('of a stream stops its reply, and its text is charged', async () => {
    server.simulator.script([SLOW]);
    const { used } = (await ada.me()).budget;
    const stream = await openai.chat.completions.create({ ...asking('Hi'), stream: true });
    let id = '';
    for await (const chunk of stream) {
      id = chunk.id.replace('chatcmpl-', '');
      if (chunk.choices[0]?.delta.content) break;
    }
    await expectClosed();
    expect(await ada.generation(id)).toMatchObject({ status: 'stopped' });
    expect((await ada.me()).budget.used).toBeGreaterThan(used);
  });

  test('before the first byte stops it too', async () => {
    server.simulator.script([SLOW]);
    const leave = new AbortController();
    const asked = openai.chat.completions.create(asking('Hi'), { signal: leave.signal });
    const outcome = asked.then(
      () => 'answered',
      () => 'left',
    );
    await until('the model has the request', () => server.simulator.log().length === 1);
    leave.abort();
    expect(await outcome).toBe('left');
    await expectClosed();
  });

  test('of a native stream does not stop the reply', async () => {
    server.simulator.script([{ text: 'x'.repeat(300), chunkChars: 10, chunkDelayMs: 20 }]);
    const { id } = await ada.createChat();
    const leave = new AbortController();
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, signal: leave.signal };
    await ada.fetch(`/api/chats/${id}/messages`, { ...init, body: JSON.stringify({ content: 'Hi' }) });
    leave.abort();
    await until('the reply has ended', async () => (await ada.messages(id)).at(-1)?.status !== 'running');
    expect((await ada.messages(id)).at(-1)?.status).toBe('completed');
  });
});

test('a repeated Idempotency-Key starts no second reply', async () => {
  const options = { headers: { 'Idempotency-Key': 'once' } };
  const [first, second] = await Promise.all([
    openai.chat.completions.create(asking('Hi'), options),
    openai.chat.completions.create(asking('Hi'), options),
  ]);
  expect(second).toEqual(first);
  expect(server.simulator.log()).toHaveLength(1);
  expect(await errorOf(openai.chat.completions.create(asking('Else'), options))).toMatchObject({
    status: 422,
  });
});

describe('limits', () => {
  let limited: TestServer;
  afterEach(() => limited.close());

  test('of time are a RateLimitError with Retry-After; other endpoints count too', async () => {
    limited = await startTestServer({ MESSAGE_RATE_LIMIT_MS: '3600000' });
    const caller = await limited.user();
    await caller.ask('Hello');
    const error = await errorOf((await clientOf(caller)).chat.completions.create(asking('Hi')));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(3000);
  });

  test('of time delay the SDK until Retry-After has passed', async () => {
    limited = await startTestServer({ MESSAGE_RATE_LIMIT_MS: '1500' });
    const refusals: (string | null)[] = [];
    const recordingFetch = async (...request: Parameters<typeof fetch>) => {
      const response = await fetch(...request);
      if (response.status === 429) refusals.push(response.headers.get('retry-after'));
      return response;
    };
    const patient = await clientOf(await limited.user(), { maxRetries: 1, fetch: recordingFetch });
    // A busy machine can be so slow that a request is not refused. Then another one follows.
    await until('a request was refused and repeated', async () => {
      const completion = await patient.chat.completions.create(asking('Hi'));
      expect(completion.choices[0]?.message.content).toBe('Hi');
      return refusals.length > 0;
    });
    expect(refusals).toEqual([expect.stringMatching(/^[12]$/)]);
  });

  test('of the budget are insufficient_quota, which the SDK doesn’t retry', async () => {
    limited = await startTestServer({ DEFAULT_TOKEN_LIMIT: '100' });
    await limited.user();
    let requests = 0;
    const countingFetch = (...request: Parameters<typeof fetch>) => {
      requests += 1;
      return fetch(...request);
    };
    const patient = await clientOf(await limited.user(), { maxRetries: 3, fetch: countingFetch });
    const error = await errorOf(patient.chat.completions.create(asking('Hi')));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error.code).toBe('insufficient_quota');
    expect(requests).toBe(1);
  });
});
