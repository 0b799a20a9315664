import { afterEach, describe, expect, test } from 'vitest';
import type { Chat, ChatSettings, Models, Page, Problem, Safety } from '@millrace/protocol';
import type { Caller } from '../support/caller.ts';
import { readReply } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
afterEach(() => server.close());

interface Body {
  systemInstruction?: { parts: { text: string }[] };
  safetySettings?: { category: string; threshold: string }[];
  generationConfig: { maxOutputTokens: number; temperature?: number; thinkingConfig?: object };
}

/** The requests to models, in order. */
function asked(): (Body & { model: string })[] {
  return server.simulator
    .log()
    .filter(({ method }) => method === 'streamGenerateContent')
    .map(({ model, body }) => ({ model, ...(body as Body) }));
}

const changed = (caller: Caller, { id }: Chat, settings: ChatSettings) =>
  caller.json<Chat>('PATCH', `/api/chats/${id}`, { settings });

const chatWith = (caller: Caller, settings: ChatSettings) =>
  caller.json<Chat>('POST', '/api/chats', { settings });

const SETTINGS: ChatSettings = {
  model: 'gemini-2.5-flash',
  temperature: 0.25,
  maxOutputTokens: 4000,
  thinking: 'low',
  safety: { harassment: 'off', hate: 'block_low', sexual: 'block_medium', dangerous: 'block_high' },
  systemPrompt: 'Answer in verse.',
};

describe('the settings of a chat', () => {
  test('are set at its creation or later, one by one, and null restores the default', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const plain = await ada.createChat();
    expect(plain.settings).toEqual({});
    const chat = await chatWith(ada, { temperature: 0 });
    expect(chat.settings).toEqual({ temperature: 0 });
    await changed(ada, chat, SETTINGS);
    const { model: _model, ...others } = SETTINGS;
    expect((await changed(ada, chat, { model: null })).settings).toEqual(others);
    const read = await ada.json<Chat>('GET', `/api/chats/${chat.id}`);
    expect(read.settings).toEqual(others);
    const { items } = await ada.json<Page<Chat>>('GET', '/api/chats');
    expect(items.find(({ id }) => id === chat.id)?.settings).toEqual(others);
    // The system prompt is not a message.
    expect(await ada.messages(chat.id)).toEqual([]);
  });

  test('are sent to the model', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const chat = await chatWith(ada, SETTINGS);
    const reply = await ada.ask('Hello', chat.id);
    expect(reply.meta.model).toBe('gemini-2.5-flash');
    expect(asked()[0]).toEqual({
      model: 'gemini-2.5-flash',
      contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      systemInstruction: { parts: [{ text: 'Answer in verse.' }] },
      safetySettings: [
        { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' },
        { category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_LOW_AND_ABOVE' },
        { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', threshold: 'BLOCK_MEDIUM_AND_ABOVE' },
        { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', threshold: 'BLOCK_ONLY_HIGH' },
      ],
      generationConfig: {
        maxOutputTokens: 4000,
        temperature: 0.25,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 },
      },
    });
  });

  test('apply to regenerated and continued replies too, with their current values', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const chat = await chatWith(ada, { temperature: 1 });
    const { meta } = await ada.ask('Hello', chat.id);
    await changed(ada, chat, { temperature: 2, systemPrompt: 'Be brief.' });
    for (const kind of ['regenerate', 'continue']) {
      await readReply(await ada.send('POST', `/api/messages/${meta.assistantMessage.id}/${kind}`, {}));
    }
    expect(asked().map(({ generationConfig }) => generationConfig.temperature)).toEqual([1, 2, 2]);
    expect(asked()[2]?.systemInstruction?.parts[0]?.text).toBe('Be brief.');
  });

  test('have lower priority than the model in a message', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const chat = await chatWith(ada, { model: 'gemini-2.5-flash', thinking: 'high' });
    const body = { content: 'Hello', model: 'gemini-3.5-flash' };
    await readReply(await ada.send('POST', `/api/chats/${chat.id}/messages`, body));
    expect(asked()[0]).toMatchObject({
      model: 'gemini-3.5-flash',
      generationConfig: { thinkingConfig: { thinkingLevel: 'high' } },
    });
  });

  test('default to the server’s', async () => {
    server = await startTestServer({
      SYSTEM_PROMPT: 'Be kind.',
      MAX_OUTPUT_TOKENS: '1000',
      TEMPERATURE: '0.5',
      THINKING: 'medium',
      SAFETY: 'hate=block_low,sexual=block_high',
    });
    const ada = await server.guest();
    const chat = await ada.createChat();
    await ada.ask('One', chat.id);
    await changed(ada, chat, { systemPrompt: '', safety: { hate: 'default', dangerous: 'off' } });
    await ada.ask('Two', chat.id);
    const [first, second] = asked();
    expect(first).toMatchObject({
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
      generationConfig: {
        maxOutputTokens: 1000,
        temperature: 0.5,
        thinkingConfig: { includeThoughts: true, thinkingLevel: 'medium' },
      },
    });
    expect(first?.safetySettings).toEqual([
      { category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_LOW_AND_ABOVE' },
      { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', threshold: 'BLOCK_ONLY_HIGH' },
    ]);
    expect(second?.systemInstruction).toBeUndefined();
    expect(second?.safetySettings).toEqual([
      { category: 'HARM_CATEGORY_SEXUALLY_EXPLICIT', threshold: 'BLOCK_ONLY_HIGH' },
      { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', threshold: 'OFF' },
    ]);
  });

  test('are published to other tabs', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const chat = await ada.createChat();
    const reader = (await ada.fetch(`/api/chats/${chat.id}/events`)).body?.getReader();
    await changed(ada, chat, { thinking: 'off' });
    let received = '';
    while (!received.includes('event: chat\n')) {
      const read = await reader?.read();
      received += new TextDecoder().decode(read?.value);
    }
    expect(received).toContain('"settings":{"thinking":"off"}');
    await reader?.cancel();
  });
});

describe('thinking', () => {
  const shown = { includeThoughts: true };
  test.each([
    ['gemini-2.5-pro', 'off', { thinkingBudget: 128 }],
    ['gemini-2.5-pro', 'medium', { ...shown, thinkingBudget: 8192 }],
    ['gemini-2.5-flash', 'off', { thinkingBudget: 0 }],
    ['gemini-2.5-flash', 'high', { ...shown, thinkingBudget: 24_576 }],
    ['gemini-2.5-flash-lite', 'low', { ...shown, thinkingBudget: 1024 }],
    ['gemini-3.1-pro-preview', 'off', { thinkingLevel: 'low' }],
    ['gemini-3.1-flash-lite', 'off', { thinkingLevel: 'minimal' }],
    ['gemini-3.5-flash-lite', 'off', { thinkingLevel: 'minimal' }],
    ['gemini-3.8-flash', 'off', { thinkingLevel: 'low' }],
    ['gemini-3.5-flash', 'off', { thinkingLevel: 'low' }],
    ['gemini-3.8-flash', 'high', { ...shown, thinkingLevel: 'high' }],
    ['gemini-4-argon', 'off', { thinkingLevel: 'low' }],
    ['gemini-4-argon', 'low', { ...shown, thinkingLevel: 'low' }],
    ['gemini-4-argon', null, shown],
    ['gemini-2.5-pro', null, shown],
    ['gemini-2.5-flash-lite', null, undefined],
  ] as const)('of %s, %s, is sent in its terms', async (model, thinking, thinkingConfig) => {
    server = await startTestServer({ MAX_OUTPUT_TOKENS: '65536' });
    const ada = await server.guest();
    const chat = await chatWith(ada, { model, thinking });
    await ada.ask('Hello', chat.id);
    expect(asked()[0]?.generationConfig.thinkingConfig).toEqual(thinkingConfig);
  });

  test('is sent to each possible model in that model’s own terms', async () => {
    server = await startTestServer({ GEMINI_FALLBACK_MODELS: 'gemini-3.8-flash' });
    const ada = await server.guest();
    const chat = await chatWith(ada, { model: 'gemini-2.5-flash', thinking: 'low', temperature: 0.5 });
    server.simulator.script([{ kind: 'error', error: '503' }]);
    await ada.ask('Hello', chat.id);
    expect(asked().map(({ model, generationConfig }) => [model, generationConfig])).toMatchObject([
      ['gemini-2.5-flash', { temperature: 0.5, thinkingConfig: { thinkingBudget: 1024 } }],
      ['gemini-3.8-flash', { temperature: 0.5, thinkingConfig: { thinkingLevel: 'low' } }],
    ]);
    expect(asked()[1]?.generationConfig.thinkingConfig).toEqual({ ...shown, thinkingLevel: 'low' });
  });

  test('leaves half of a short reply for the answer', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const chat = await chatWith(ada, { model: 'gemini-2.5-flash', thinking: 'high', maxOutputTokens: 3000 });
    await ada.ask('Hello', chat.id);
    expect(asked()[0]?.generationConfig.thinkingConfig).toEqual({ ...shown, thinkingBudget: 1500 });
  });

  test('produces thoughts unless it is off', async () => {
    server = await startTestServer({}, { mode: 'prose' });
    const ada = await server.guest();
    const chat = await chatWith(ada, { thinking: 'low' });
    expect((await ada.ask('Hello', chat.id)).thoughts).not.toBe('');
    await changed(ada, chat, { thinking: 'off' });
    expect((await ada.ask('Hello', chat.id)).thoughts).toBe('');
  });
});

describe('invalid settings', () => {
  const LONGEST = 500;

  test.each([
    [{ model: 'gemini-9-zeppelin' }, 'settings.model'],
    [{ model: '../gemini-3.8-flash' }, 'settings.model'],
    [{ model: 'tunedModels/somebody-elses' }, 'settings.model'],
    [{ temperature: 2.01 }, 'settings.temperature'],
    [{ temperature: -0.1 }, 'settings.temperature'],
    [{ temperature: '1' }, 'settings.temperature'],
    [{ maxOutputTokens: 0 }, 'settings.maxOutputTokens'],
    [{ maxOutputTokens: 1.5 }, 'settings.maxOutputTokens'],
    [{ maxOutputTokens: 70_001 }, 'settings.maxOutputTokens'],
    // The model's limit, which is below the operator's.
    [{ maxOutputTokens: 65_537 }, 'settings.maxOutputTokens'],
    [{ thinking: 'hard' }, 'settings.thinking'],
    [{ safety: 'off' }, 'settings.safety'],
    [{ safety: { hate: 'none' } }, 'settings.safety.hate'],
    [{ safety: { spam: 'off' } }, 'settings.safety'],
    [{ systemPrompt: '😀'.repeat(LONGEST / 2) + '!' }, 'settings.systemPrompt'],
    [{ topK: 1, temperature: 1 }, 'settings'],
    [{}, 'settings'],
    [null, 'settings'],
  ])('%j are refused with the path of the invalid field', async (settings, path) => {
    server = await startTestServer({ MAX_MESSAGE_CHARS: `${LONGEST}`, MAX_OUTPUT_TOKENS: '70000' });
    const ada = await server.guest();
    const chat = await chatWith(ada, { temperature: 1 });
    const response = await ada.send('PATCH', `/api/chats/${chat.id}`, { title: 'New', settings });
    expect(response.status).toBe(400);
    const problem = (await response.json()) as Problem;
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
    const left = await ada.json<Chat>('GET', `/api/chats/${chat.id}`);
    expect(left).toMatchObject({ title: null, settings: { temperature: 1 } });
    // A chat may be created without settings; all other values are invalid there too.
    if (JSON.stringify(settings) !== '{}') {
      expect((await ada.send('POST', '/api/chats', { settings })).status).toBe(400);
    }
  });

  test('are checked together with the existing settings of the chat', async () => {
    server = await startTestServer({ MAX_OUTPUT_TOKENS: '1000' });
    const ada = await server.guest();
    const response = await ada.send('POST', '/api/chats', { settings: { maxOutputTokens: 1001 } });
    expect(response.status).toBe(400);
    expect((await chatWith(ada, { maxOutputTokens: 1000 })).settings).toEqual({ maxOutputTokens: 1000 });
  });

  test('are refused with the valid values', async () => {
    server = await startTestServer({ MAX_OUTPUT_TOKENS: '1000', MAX_MESSAGE_CHARS: '500' });
    const models = await (await server.guest()).json<Models>('GET', '/api/models');
    expect(models.limits).toMatchObject({ maxOutputTokens: 1000, systemPromptChars: 500 });
  });
});

test('a tuned model is available if the operator configures it', async () => {
  server = await startTestServer({ GEMINI_TUNED_MODELS: 'tunedModels/mill-expert' });
  const ada = await server.guest();
  const { items } = await ada.json<Models>('GET', '/api/models');
  const listed = items.find(({ id }) => id === 'tunedModels/mill-expert');
  expect(listed).toMatchObject({ name: 'mill-expert', prices: null });
  const chat = await chatWith(ada, { model: 'tunedModels/mill-expert', maxOutputTokens: 500 });
  const other = await ada.send('PATCH', `/api/chats/${chat.id}`, { settings: { model: 'tunedModels/x' } });
  expect(other.status).toBe(400);
  // The simulator has no tuned models.
  const reply = await ada.ask('Hello', chat.id);
  expect(reply.meta.model).toBe('tunedModels/mill-expert');
  expect(reply.last).toMatchObject({ event: 'error', data: { code: 'model_not_found' } });
  expect((await ada.me()).budget).toMatchObject({ used: 0, reserved: 0 });
});

describe('the reservation of a reply', () => {
  async function reservedFor(caller: Caller, settings: ChatSettings) {
    const chat = await chatWith(caller, settings);
    server.simulator.script([{ kind: 'hang' }]);
    const before = (await caller.me()).budget;
    const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: 'Hello' });
    const { budget } = await caller.me();
    await response.body?.cancel();
    return {
      tokens: budget.reserved - before.reserved,
      costMicros: budget.cost.reserved - before.cost.reserved,
    };
  }

  test('follows the length, the system prompt and the prices of its chat', async () => {
    server = await startTestServer();
    const ada = await server.guest();
    const { items } = await ada.json<Models>('GET', '/api/models');
    const pricesOf = (model: string) => items.find(({ id }) => id === model)?.prices?.output ?? 0;
    const long = await reservedFor(ada, { maxOutputTokens: 2000, model: 'gemini-2.5-pro' });
    const short = await reservedFor(ada, { maxOutputTokens: 1000, model: 'gemini-2.5-pro' });
    const cheap = await reservedFor(ada, { maxOutputTokens: 1000, model: 'gemini-2.5-flash-lite' });
    expect(long.tokens - short.tokens).toBe(1000);
    expect(long.costMicros - short.costMicros).toBe((1000 * pricesOf('gemini-2.5-pro')) / 1e6);
    expect(cheap.tokens).toBe(short.tokens);
    expect(cheap.costMicros).toBeLessThan(short.costMicros / 10);
    const prompted = await reservedFor(ada, { maxOutputTokens: 1000, systemPrompt: 'word '.repeat(500) });
    expect(prompted.tokens - short.tokens).toBeGreaterThan(400);
  });

  test('covers the fallback models', async () => {
    server = await startTestServer({ GEMINI_FALLBACK_MODELS: 'gemini-2.5-pro' });
    const ada = await server.guest();
    const cheap = await reservedFor(ada, { maxOutputTokens: 1000, model: 'gemini-2.5-flash-lite' });
    const expensive = await reservedFor(ada, { maxOutputTokens: 1000, model: 'gemini-2.5-pro' });
    expect(cheap.costMicros).toBe(expensive.costMicros);
  });

  test('is small in a chat of short replies, and never above the remaining budget', async () => {
    server = await startTestServer({ GUEST_TOKEN_LIMIT: '1000' });
    const ada = await server.guest();
    const short = await reservedFor(ada, { maxOutputTokens: 10 });
    expect(short.tokens).toBeLessThan(30);
    const most = await reservedFor(ada, { maxOutputTokens: 8000 });
    expect(most.tokens).toBe(1000 - short.tokens);
  });
});

describe('a cached reply', () => {
  const others: [string, ChatSettings][] = [
    ['temperature', { temperature: 1 }],
    ['thinking', { thinking: 'high' }],
    ['safety', { safety: { hate: 'off' } satisfies Safety }],
    ['length', { maxOutputTokens: 500 }],
    ['system prompt', { systemPrompt: 'Be brief.' }],
    ['model', { model: 'gemini-3.5-flash' }],
  ];

  test('is reused only in chats with the same settings', async () => {
    server = await startTestServer({ REPLY_CACHE_TTL: '1h' });
    const ada = await server.guest();
    const ask = async (settings: ChatSettings) => {
      const { last } = await ada.ask('What is it?', (await chatWith(ada, settings)).id);
      return last.event === 'done' && last.data.message.cached;
    };
    expect(await ask({})).toBe(false);
    for (const [, settings] of others) {
      expect(await ask(settings)).toBe(false);
      expect(await ask(settings)).toBe(true);
    }
    expect(await ask({})).toBe(true);
    expect(asked()).toHaveLength(1 + others.length);
  });
});

test('a summary is generated by the chat’s model, with little thinking', async () => {
  server = await startTestServer({ CONTEXT_SUMMARY: 'on', CONTEXT_MESSAGES: '2', THINKING: 'high' });
  const ada = await server.guest();
  const settings = { model: 'gemini-2.5-flash', systemPrompt: 'Be brief.', maxOutputTokens: 100 } as const;
  const chat = await chatWith(ada, settings);
  const body = { content: 'Hello', model: 'gemini-3.5-flash' };
  await readReply(await ada.send('POST', `/api/chats/${chat.id}/messages`, body));
  await until('the model has the request for a summary', () => asked().length === 2);
  expect(asked()[1]).toMatchObject({
    model: 'gemini-2.5-flash',
    generationConfig: { maxOutputTokens: 2048, thinkingConfig: { thinkingBudget: 0 } },
  });
});
