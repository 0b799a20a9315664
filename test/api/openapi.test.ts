import type { NewApiKey, NewShare } from '@millrace/protocol';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, describe, expect, test } from 'vitest';
import { MemoryQuotas } from '../../server/src/adapters/quotas/memory-quotas.ts';
import { createApp } from '../../server/src/http/app.ts';
import type { HttpDependencies } from '../../server/src/http/environment.ts';
import { attach } from '../support/attached.ts';
import { startTestServer } from '../support/test-server.ts';

interface Media {
  schema?: { contentSchema?: { items: object } };
}

interface Described {
  operationId: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, { properties: Record<string, { description?: string }> }> };
}

const server = await startTestServer();
afterAll(() => server.close());
const text = await (await fetch(`${server.url}/openapi.json`)).text();
const document = JSON.parse(text) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({
    path,
    method: method.toUpperCase(),
    ...described,
  })),
);

test('Redocly finds no error in the document', async () => {
  const config = await createConfig({
    extends: ['recommended-strict'],
    // An operation without authentication and input has no client errors.
    rules: { 'operation-4xx-response': 'off' },
  });
  const problems = await lintFromString({ source: text, config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
    [],
  );
});

test('every route is described, and nothing else', () => {
  const settings = {
    maxMessageChars: 1,
    limits: { maxOutputTokens: 1, attachments: 1 },
    corsOrigins: [],
    prefix: '',
    guestsPerHour: null,
    messageGapMs: null,
    repliesPerMinute: null,
    webRoot: null,
  };
  const accounts = { endpoints: [] };
  const app = createApp({ settings, quotas: new MemoryQuotas(), accounts } as unknown as HttpDependencies);
  const routes = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')}`);
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
});

test('fields are described with their units', () => {
  const { properties } = document.components.schemas['Message'] ?? {};
  expect(properties?.['costMicros']?.description).toMatch(/^Micro-dollars/);
  expect(properties?.['firstTokenMs']?.description).toMatch(/^Milliseconds/);
});

describe('responses match the document', async () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const admin = await server.user();
  const guest = await server.guest();
  const chat = await admin.createChat();
  server.simulator.script(['image', 'grounding', 'thoughts']);
  const [painted, , reply] = [
    await admin.ask('Paint', chat.id),
    await admin.ask('Search', chat.id),
    await admin.ask('Think', chat.id),
  ];
  const media = painted.events.find(({ event }) => event === 'media')?.data as { url: string };
  const messageId = reply.meta.assistantMessage.id;
  const ids: Record<string, string> = {
    chatId: chat.id,
    messageId,
    generationId: reply.meta.generationId,
    mediaId: media.url.split('/').at(-1) ?? '',
    userId: (await guest.me()).user.id,
    attachmentId: (await attach(admin, 'Old', 'old.txt')).id,
    keyId: (await admin.json<NewApiKey>('POST', '/api/keys', { name: 'old' })).id,
    model: 'gemini-3.8-flash',
    name: chat.id,
    token:
      (await admin.json<NewShare>('POST', `/api/chats/${chat.id}/shares`, {})).url.split('/').at(-1) ?? '',
    shareId: (await admin.json<NewShare>('POST', `/api/chats/${chat.id}/shares`, {})).id,
  };
  const bodies: Record<string, object> = {
    signUp: { name: 'Grace', email: 'grace@example.org', password: 'correct horse' },
    signIn: { email: 'grace@example.org', password: 'correct horse' },
    updateMe: { cap: 5_000_000 },
    createChat: { title: 'Mills', settings: { temperature: 1, safety: { hate: 'off' } } },
    updateChat: { pinned: true, settings: { thinking: 'low' } },
    sendMessage: { content: 'How do mills work?' },
    streamChatMessage: { content: 'Hi' },
    streamNext: { message: 'Hi' },
    streamMessageApi: { message: 'Hi' },
    streamConversation: { message: 'Hi' },
    rateReply: { rating: 'good', note: 'Clear' },
    createTicket: { message: 'Hi' },
    createKey: { name: 'laptop' },
    importChat: {
      format: 'millrace-chat',
      version: 1,
      chat: { title: 'Mills' },
      messages: [{ id: 'a', parentId: null, role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    },
    createShare: { expiresAt: '2100-01-01T00:00:00Z' },
    createCompletion: { model: 'gemini-3.8-flash', messages: [{ role: 'user', content: 'Hi' }] },
    streamAiSdkChat: { id: 'mine', messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] },
    grant: { tokens: 10, note: 'Thanks' },
    updateAccount: { limits: { tokens: 1000, costMicros: 'none' } },
  };
  const queries: Record<string, string> = {
    followChat: '?after=0',
    streamEventSource: '?message=Hi',
    search: '?q=mill',
    attach: '?name=a.txt',
    attachToChat: '?name=a.txt',
  };
  // Operations that delete something come last.
  const order = ['deleteMessageApiChat', 'deleteChat', 'deleteAccount', 'signOut'];
  const inOrder = operations.toSorted((a, b) => order.indexOf(a.operationId) - order.indexOf(b.operationId));

  test.each(inOrder)('$method $path', async ({ path, method, operationId, responses, requestBody }) => {
    if (operationId === 'continueReply')
      server.simulator.script([{ text: 'On', finishReason: 'MAX_TOKENS' }]);
    if (operationId === 'continueReply')
      ids['messageId'] = (await admin.ask('Go', chat.id)).meta.assistantMessage.id;
    if (operationId === 'deleteChat') ids['chatId'] = (await admin.createChat()).id;
    const address = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => ids[name] ?? '');
    const isFile = requestBody?.content['application/octet-stream'] !== undefined;
    const body = bodies[operationId] ?? (method === 'POST' && requestBody ? {} : undefined);
    if (requestBody && !isFile) expectValid(requestBody.content['application/json']?.schema, body);
    const leave = new AbortController();
    const response = await admin.fetch(address + (queries[operationId] ?? ''), {
      method,
      signal: leave.signal,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const described = responses[response.status];
    expect(response.ok, `${response.status}`).toBe(true);
    expect(described).toBeDefined();
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const content = described?.content?.[type] ?? described?.content?.['*/*'];
    if (described?.content) expect(content).toBeDefined();
    if (type === 'application/json') expectValid(content?.schema, await response.json());
    else if (content?.schema?.contentSchema) {
      let seen = 0;
      for await (const event of framesOf(response)) {
        expectValid(content.schema.contentSchema.items, event);
        seen += 1;
        // A channel stays open.
        if (operationId === 'followChat' && event.event === 'chat') break;
      }
      expect(seen).toBeGreaterThan(0);
    } else expect((await response.arrayBuffer()).byteLength > 0).toBe(described?.content !== undefined);
    leave.abort();
  });

  test('a problem', async () => {
    const someone = await server.guest();
    const response = await someone.send('PATCH', '/api/me', { cap: -1 });
    const described = document.paths['/api/me']?.['patch']?.responses['400'];
    expect(response.status).toBe(400);
    expectValid(described?.content?.['application/problem+json']?.schema, await response.json());
  });

  /** Validates against the document, and allows no undocumented fields. */
  function expectValid(schema: object | undefined, value: unknown): void {
    const closed = closedSchema({ ...schema, components: document.components }) as object;
    const validate = ajv.compile(closed);
    validate(value);
    expect(validate.errors ?? []).toEqual([]);
  }
});

/** The same schema without undocumented fields, except where it explicitly allows any. */
function closedSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const closed = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, closedSchema(value)]),
  );
  const isOpen = !('properties' in schema) || 'additionalProperties' in schema;
  return isOpen ? closed : { ...closed, additionalProperties: false };
}

/** The frames of an event stream, with their data as JSON. */
async function* framesOf(response: Response): AsyncGenerator<{ id: string; event: string; data: unknown }> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    const frames = rest.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames.filter((each) => !each.startsWith(':'))) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? '';
      yield { id: field('id'), event: field('event'), data: JSON.parse(field('data')) };
    }
  }
}
