import { randomKey } from '@millrace/client';
import { chatStore, EMPTY_CHAT, pendingMessage } from '@millrace/client/state';
import type { ChatSnapshot, ChatStore, SendOptions } from '@millrace/client/state';
import { resetNewChatSettings, newChatSettings } from '../chat-settings/new-chat-settings.ts';
import { chatClient } from '../server/chat-client.ts';
import { refreshChats } from '../server/queries.ts';

const EMPTY: ChatSnapshot = { ...EMPTY_CHAT, status: 'idle' };

export interface NewChatStore extends ChatStore {
  /** The chat that its latest message made; null until then. */
  createdId: () => string | null;
}

/** A chat that doesn't exist yet: its first message creates it. */
export function createNewChatStore(onCreated: (chatId: string) => void): NewChatStore {
  const listeners = new Set<() => void>();
  let snapshot = EMPTY;
  // One for all attempts: whether a failed one made the chat, nobody knows.
  let idempotencyKey = randomKey();
  let settings = newChatSettings();
  let createdId: string | null = null;
  let stopAsked = false;

  function show(next: ChatSnapshot) {
    snapshot = next;
    for (const listener of listeners) listener();
  }

  async function send(content: string, options: SendOptions = {}): Promise<boolean> {
    if (snapshot.status === 'submitting') return false;
    createdId = null;
    stopAsked = false;
    const pending = pendingMessage('new', null, content, options.attachments);
    show({ ...EMPTY, messages: [pending], messageIds: [pending.id], status: 'submitting' });
    try {
      // With other settings it is another request.
      if (settings !== newChatSettings()) idempotencyKey = randomKey();
      settings = newChatSettings();
      const chat = await chatClient.createChat({ settings }, { idempotencyKey });
      createdId = chat.id;
      const store = chatStore(chatClient, chat.id, { pace: true });
      const sent = store.send(content, options);
      if (stopAsked) void store.stop();
      idempotencyKey = randomKey();
      resetNewChatSettings();
      onCreated(chat.id);
      show(EMPTY);
      void refreshChats();
      return await sent;
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      show({ ...EMPTY, status: 'error', error: reason });
      return false;
    }
  }

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => snapshot,
    createdId: () => createdId,
    send,
    edit: async () => false,
    regenerate: async () => false,
    continueReply: async () => false,
    retry: async () => false,
    // There is nothing to stop until the chat is there.
    stop: async () => void (stopAsked = true),
    resume: async () => show(EMPTY),
    showBranch: () => undefined,
  };
}
