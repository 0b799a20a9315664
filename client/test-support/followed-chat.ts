import type { ChannelEvent, ChatEvent, Message } from '@millrace/protocol';
import { createChatClient } from '../src/index.ts';
import { createChatStore } from '../src/state/index.ts';
import { chat, generation } from './scripted-chat.ts';
import type { ScriptedChat } from './scripted-chat.ts';
import { delta, done, json, message, meta, userMessage } from './scripted-server.ts';
import type { Answer } from './scripted-server.ts';
import { watch } from './watch-store.ts';
import type { Watched } from './watch-store.ts';

export const NOTHING = json({ items: [], nextCursor: null });

export function list(...items: Message[]): Answer {
  return json({ items, nextCursor: null });
}

/** One exchange: its reply as it is in the end, what its stream says, and what the channel tells. */
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

/** Somebody who looks at the chat. */
export function open(server: ScriptedChat) {
  const store = createChatStore(createChatClient(server), 'chat-1');
  return { store, ...watch(store) };
}

/** Waits until all that was told so far has been heard. */
export async function heard({ channel }: ScriptedChat, { until }: Watched): Promise<void> {
  const title = `title ${Math.random()}`;
  channel.tell({ event: 'chat', data: chat({ title }) });
  await until(({ chat }) => chat?.title === title);
}

export function paths({ requests }: ScriptedChat): string[] {
  return requests.map(({ method, path }) => `${method} ${path}`);
}
