import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startSimulator } from './index.ts';
import { ask, eventsOf } from './testing/ask.ts';

const simulator = await startSimulator();
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const get = (path: string) => fetch(`${simulator.url}${path}`, { headers: { 'x-goog-api-key': 'a-key' } });

describe('a key', () => {
  test('that is missing is a 403 PERMISSION_DENIED', async () => {
    const answer = await ask(simulator, 'Hi', { headers: { 'x-goog-api-key': '' } });
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 403, status: 'PERMISSION_DENIED' } });
  });

  test('that is invalid is a 400 with API_KEY_INVALID', async () => {
    const answer = await ask(simulator, 'Hi', { headers: { 'x-goog-api-key': 'invalid' } });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      error: {
        status: 'INVALID_ARGUMENT',
        details: [{ reason: 'API_KEY_INVALID', domain: 'googleapis.com' }, {}],
      },
    });
  });

  test('is accepted in the query', async () => {
    const response = await fetch(`${simulator.url}/v1beta/models?key=any`);
    expect(response.status).toBe(200);
  });

  test('never appears in the log', async () => {
    await ask(simulator, 'Hi', { headers: { 'x-goog-api-key': 'a-secret-key' } });
    expect(JSON.stringify(simulator.log())).not.toContain('a-secret-key');
  });
});

describe('countTokens', () => {
  const contents = [{ role: 'user', parts: [{ text: 'How many are these? 水車 🌊' }] }];
  const full = {
    contents,
    systemInstruction: { parts: [{ text: 'Answer in one word.' }] },
    tools: [{ googleSearch: {} }],
  };

  test('agrees with the promptTokenCount of the same request', async () => {
    const request = {
      contents: undefined,
      generateContentRequest: { model: 'models/gemini-3.8-flash', ...full },
    };
    const counted = JSON.parse((await ask(simulator, '', { method: 'countTokens', request })).body);
    const [first] = eventsOf((await ask(simulator, '', { request: full })).body);
    expect(counted.totalTokens).toBe(first?.usageMetadata?.promptTokenCount);
    expect(counted.promptTokensDetails).toEqual([{ modality: 'TEXT', tokenCount: counted.totalTokens }]);
  });

  test('of contents alone agrees with a request of contents alone, which is less', async () => {
    const counted = JSON.parse(
      (await ask(simulator, '', { method: 'countTokens', request: { contents } })).body,
    );
    const [alone] = eventsOf((await ask(simulator, '', { request: { contents } })).body);
    const [whole] = eventsOf((await ask(simulator, '', { request: full })).body);
    expect(counted.totalTokens).toBe(alone?.usageMetadata?.promptTokenCount);
    expect(counted.totalTokens).toBeLessThan(whole?.usageMetadata?.promptTokenCount ?? 0);
  });
});

describe('models', () => {
  test('are listed in pages that together are all of them', async () => {
    const names: string[] = [];
    let token: string | undefined = '';
    while (token !== undefined) {
      const page: { models: { name: string }[]; nextPageToken?: string } = JSON.parse(
        await (await get(`/v1beta/models?pageSize=5&pageToken=${token}`)).text(),
      );
      expect(page.models.length).toBeLessThanOrEqual(5);
      names.push(...page.models.map((model) => model.name));
      token = page.nextPageToken;
    }
    expect(new Set(names).size).toBe(15);
    expect(names[0]).toBe('models/gemini-3.8-flash');
  });

  test('can be retrieved one by one', async () => {
    expect(await (await get('/v1beta/models/gemini-4-argon')).json()).toMatchObject({
      name: 'models/gemini-4-argon',
      displayName: 'Gemini 4 Argon',
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    });
  });

  test('that are unknown are a 404 with Google’s message', async () => {
    const stream = JSON.parse((await ask(simulator, 'Hi', { model: 'gemini-3.6-flahs' })).body);
    expect(stream).toEqual({
      error: {
        code: 404,
        message:
          'models/gemini-3.6-flahs is not found for API version v1beta, or is not supported for generateContent. Call ModelService.ListModels to see the list of available models and their supported methods.',
        status: 'NOT_FOUND',
      },
    });
    expect((await get('/v1beta/models/none')).status).toBe(404);
  });

  test('refuse an invalid page token', async () => {
    expect((await get('/v1beta/models?pageToken=zzz')).status).toBe(400);
  });
});

describe('embeddings', () => {
  const content = (text: string) => ({ content: { parts: [{ text }] } });
  const embed = async (method: string, request: object) =>
    (
      await ask(simulator, '', {
        model: 'gemini-embedding-001',
        method,
        request: { contents: undefined, ...request },
      })
    ).body;

  test('are unit vectors, the same for the same text', async () => {
    const first = JSON.parse(await embed('embedContent', content('water'))) as {
      embedding: { values: number[] };
    };
    expect(first.embedding.values).toHaveLength(3072);
    expect(Math.hypot(...first.embedding.values)).toBeCloseTo(1);
    expect(JSON.parse(await embed('embedContent', content('water')))).toEqual(first);
    expect(JSON.parse(await embed('embedContent', content('fire')))).not.toEqual(first);
    expect(simulator.log()[0]?.billed).toMatchObject({ promptTokens: 2, totalTokens: 2 });
  });

  test('can be requested in batches, with a given length', async () => {
    const requests = ['water', 'fire'].map((text) => ({ ...content(text), outputDimensionality: 8 }));
    const { embeddings } = JSON.parse(await embed('batchEmbedContents', { requests })) as {
      embeddings: { values: number[] }[];
    };
    expect(embeddings.map(({ values }) => values.length)).toEqual([8, 8]);
  });

  test('are refused without content, and for a model without embeddings', async () => {
    expect(await embed('embedContent', {})).toContain('"code": 400');
    const answer = await ask(simulator, '', { method: 'embedContent', request: content('water') });
    expect(JSON.parse(answer.body)).toMatchObject({
      error: { code: 404, message: expect.stringContaining('not supported for embedContent') },
    });
  });
});

test.each([
  ['an unknown field', { content: [] }, 'Unknown name "content": Cannot find field.'],
  [
    'an unknown field inside',
    { generationConfig: { temprature: 1 } },
    `Unknown name "temprature" at 'generation_config': Cannot find field.`,
  ],
])('%s is refused in Google’s words', async (_name, request, words) => {
  const answer = await ask(simulator, 'Hi', { request });
  expect(JSON.parse(answer.body)).toMatchObject({
    error: {
      code: 400,
      message: `Invalid JSON payload received. ${words}`,
      details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest' }],
    },
  });
});

test('an unknown method gets Google’s error page', async () => {
  const answer = await ask(simulator, 'Hi', { method: 'improvise' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8']);
});

describe('a 400 INVALID_ARGUMENT answers a request', () => {
  const user = (part: object) => ({ contents: [{ role: 'user', parts: [part] }] });
  const thinkingConfig = { thinkingBudget: 1, thinkingLevel: 'low' };
  const requests = {
    'without contents': { contents: undefined },
    'with no parts': { contents: [{ role: 'user', parts: [] }] },
    'with an unknown role': { contents: [{ role: 'assistant', parts: [{ text: 'Hi' }] }] },
    'with an unknown field': { content: [] },
    'with a text that is not a string': user({ text: 7 }),
    'with both a thinking budget and a level': { generationConfig: { thinkingConfig } },
    'with a function call that lost its signature': {
      contents: [{ role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] }],
    },
  };
  for (const [name, request] of Object.entries(requests)) {
    test(`sent ${name}`, async () => {
      const answer = await ask(simulator, 'Hi', { request });
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    });
  }

  test('that is not JSON', async () => {
    const url = `${simulator.url}/v1beta/models/gemini-3.8-flash:generateContent?key=a`;
    const response = await fetch(url, { method: 'POST', body: '{"contents": ' });
    expect(response.status).toBe(400);
  });
});

test('snake_case is accepted like camelCase', async () => {
  const request = {
    generation_config: { max_output_tokens: 1 },
    system_instruction: { parts: [{ text: 'Hm.' }] },
  };
  const answer = await ask(simulator, 'many more words', { request });
  expect(answer.body).toContain('MAX_TOKENS');
});

test('an unknown path is a 404', async () => {
  expect((await get('/v1beta/nothing')).status).toBe(404);
});
