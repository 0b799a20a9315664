import type { ChannelEvent, ChatEvent, Message } from '@millrace/protocol';
import { createChatClient } from '../src/index.ts';
import { createChatStore } from '../src/state/index.ts';
import { chat, generation } from './scripted-chat.ts';
import type { ScriptedChat } from './scripted-chat.ts';
import { delta, done, json, message, meta, userMessage } from './scripted-server.ts';
import type { Answer } from './scripted-server.ts';
import { watch } from './watch-store.ts';
import type { Watched } from './watch-store.ts';

export const EMPTY_LIST = json({ items: [], nextCursor: null });

export function list(...items: Message[]): Answer {
  return json({ items, nextCursor: null });
}

/** One exchange: the finished reply, the events of its stream, and the events of the channel. */
export const HELLO = message({
  status: 'completed',
  parts: [{ type: 'text', text: 'Hello' }],
  finishReason: 'stop',
  tokensUsed: 3,
  costMicros: 6,
});
export const REPLY: ChatEvent[] = [meta, delta('Hel'), delta('lo'), done('Hello')];
export const ASKED: ChannelEvent = { event: 'message', data: userMessage };
export const BEGUN = generation(message());
export const ENDED = generation(HELLO);

/** A store of the chat, with a subscriber. */
export function open(server: ScriptedChat) {
  const store = createChatStore(createChatClient(server), 'chat-1');
  return { store, ...watch(store) };
}

/** Waits until the store has received all events sent so far. */
export async function allReceived({ channel }: ScriptedChat, { until }: Watched): Promise<void> {
  const title = `title ${Math.random()}`;
  channel.send({ event: 'chat', data: chat({ title }) });
  await until(({ chat }) => chat?.title === title);
}

export function paths({ requests }: ScriptedChat): string[] {
  return requests.map(({ method, path }) => `${method} ${path}`);
}
