import type { ChatEvent, Message } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { list, EMPTY_LIST } from '../../test-support/followed-chat.ts';
import { scriptedChat } from '../../test-support/scripted-chat.ts';
import type { ScriptedChat } from '../../test-support/scripted-chat.ts';
import { delta, done, json, message, meta, stream, userMessage } from '../../test-support/scripted-server.ts';
import { idle, textOf, watch } from '../../test-support/watch-store.ts';
import { createChatClient } from '../index.ts';
import { createChatStore } from './index.ts';

const ENDED = message({ status: 'completed', parts: [{ type: 'text', text: 'Hello' }] });

function begin(changes: Partial<Extract<ChatEvent, { event: 'meta' }>['data']>): ChatEvent {
  return { ...meta, data: { ...meta.data, ...changes } } as ChatEvent;
}

function open(server: ScriptedChat) {
  const store = createChatStore(createChatClient(server), 'chat-1');
  return { store, ...watch(store) };
}

const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => id);

describe('editing', () => {
  const asked = { ...userMessage, id: 'user-2' };
  const answer = message({ id: 'assistant-2', parentId: 'user-2' });

  test('editing a question adds a version, and both versions can be shown', async () => {
    await using server = await scriptedChat(
      list(userMessage, ENDED),
      stream([
        begin({ userMessage: asked, assistantMessage: answer }),
        delta('Hey'),
        {
          ...done('Hey'),
          data: { ...(done('Hey').data as object), message: { ...answer, status: 'completed' } },
        } as ChatEvent,
      ]),
    );
    const { store, until, leave } = open(server);
    await until(idle);
    expect(await store.edit('user-1', 'Hey!')).toBe(true);
    expect(server.requests[1]?.body).toEqual({ content: 'Hey!', parentId: null });
    const { messages, branches } = await until(idle);
    expect(idsOf(messages)).toEqual(['user-2', 'assistant-2']);
    expect([...branches]).toEqual([['user-2', ['user-1', 'user-2']]]);
    store.showBranch('user-1');
    expect(idsOf(store.getSnapshot().messages)).toEqual(['user-1', 'assistant-1']);
    leave();
  });

  test('only a question can be edited', async () => {
    await using server = await scriptedChat(list(userMessage, ENDED));
    const { store, until, leave } = open(server);
    await until(idle);
    expect(await store.edit('assistant-1', 'Hey!')).toBe(false);
    expect(server.requests).toHaveLength(1);
    leave();
  });
});

test('showing a branch with a running reply follows the reply', async () => {
  const running = message({ id: 'assistant-0' });
  await using server = await scriptedChat(
    list(userMessage, running, ENDED),
    stream([begin({ userMessage: null, assistantMessage: running }), delta('Hey')], { ending: 'hang' }),
  );
  const { store, until, leave } = open(server);
  await until(idle);
  store.showBranch('assistant-0');
  const { messages } = await until(({ messages }) => textOf(messages[1]) === 'Hey');
  expect(idsOf(messages)).toEqual(['user-1', 'assistant-0']);
  leave();
});

test('tokens change neither `messageIds` nor `branches`', async () => {
  await using server = await scriptedChat(
    list(userMessage, message({ id: 'assistant-0', status: 'completed' }), ENDED),
    stream([
      begin({
        userMessage: { ...userMessage, id: 'user-2', parentId: 'assistant-1' },
        assistantMessage: message({ id: 'assistant-2', parentId: 'user-2' }),
      }),
      delta('Hel'),
      delta('lo'),
      done('Hello'),
    ]),
  );
  const { store, seen, until, leave } = open(server);
  await until(idle);
  await store.send('And?');
  await until(idle);
  const growing = seen.filter(({ messageIds }) => messageIds.includes('assistant-2'));
  expect(growing.length).toBeGreaterThan(1);
  expect(new Set(growing.map(({ messageIds }) => messageIds)).size).toBe(1);
  expect(new Set(growing.map(({ branches }) => branches)).size).toBe(1);
  expect([...(growing[0]?.branches ?? [])]).toEqual([['assistant-1', ['assistant-0', 'assistant-1']]]);
  leave();
});

describe('retry', () => {
  test('repeats a rejected message with the same key', async () => {
    await using server = await scriptedChat(
      EMPTY_LIST,
      json({ code: 'rate_limited' }, 429),
      stream([meta, delta('Hello'), done('Hello')]),
    );
    const { store, until, leave } = open(server);
    await until(idle);
    expect(await store.send('Hi')).toBe(false);
    expect(await store.retry()).toBe(true);
    expect(idsOf((await until(idle)).messages)).toEqual(['user-1', 'assistant-1']);
    const [first, second] = server.requests.slice(1);
    expect(second?.body).toEqual({ content: 'Hi' });
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    leave();
  });

  test('regenerates a reply that failed', async () => {
    const failed = message({ status: 'failed', error: { code: 'model_unavailable', message: 'Away.' } });
    const sibling = message({ id: 'assistant-2' });
    await using server = await scriptedChat(
      list(userMessage, failed),
      stream([begin({ userMessage: null, assistantMessage: sibling })], { ending: 'hang' }),
    );
    const { store, until, leave } = open(server);
    await until(idle);
    expect(await store.retry()).toBe(true);
    expect(server.requests[1]?.path).toBe('/api/messages/assistant-1/regenerate');
    leave();
  });

  test('does nothing after a success', async () => {
    await using server = await scriptedChat(list(userMessage, ENDED));
    const { store, until, leave } = open(server);
    await until(idle);
    expect(await store.retry()).toBe(false);
    expect(server.requests).toHaveLength(1);
    leave();
  });
});
