import { afterAll, expect, test } from 'vitest';
import { startTestServer } from '../../support/test-server.ts';

const server = await startTestServer();
afterAll(() => server.close());
const ada = await server.user();
const { id: chatId } = await ada.createChat();

test.each([
  ['chats-stream', `/api/chats/${chatId}/messages/stream`, { content: 'Hi' }],
  ['next-hook', '/api/chat/stream', { message: 'Hi' }],
  ['message-api', `/api/chat/${chatId}/message`, { message: 'Hi' }],
  ['message-api, a chat', '/api/chat', { title: 'Mill' }],
  ['nest-chat', '/chat/stream', { message: 'Hi' }],
  ['nest-chat, a conversation', '/chat/conversation', { title: 'Mill' }],
])('%s ignores fields that it doesn’t know', async (_endpoint, path, body) => {
  const response = await ada.send('POST', path, { ...body, stream: true, role: 'system' });
  expect({ isAccepted: response.ok, body: await response.text() }).toMatchObject({ isAccepted: true });
});

test('a ticket with an unknown field is refused', async () => {
  const response = await ada.send('POST', '/api/tickets', { message: 'Hi', conversationId: chatId });
  expect(await response.json()).toMatchObject({ status: 400, code: 'invalid_request' });
});
