import { randomKey } from '@millrace/client';
import { chatStore, EMPTY_CHAT, pendingMessage } from '@millrace/client/state';
import type { ChatSnapshot, ChatStore, SendOptions } from '@millrace/client/state';
import { resetNewChatSettings, newChatSettings } from '../chat-settings/new-chat-settings.ts';
import { chatClient } from '../server/chat-client.ts';
import { refreshChats } from '../server/queries.ts';
import { Listeners } from '../state/listeners.ts';

const EMPTY: ChatSnapshot = { ...EMPTY_CHAT, status: 'idle' };

export interface NewChatStore extends ChatStore {
  /** The id of the created chat; null until then. */
  createdId: () => string | null;
}

/** The store of a chat that doesn't exist yet. Its first message creates the chat. */
export function createNewChatStore(onCreated: (chatId: string) => void): NewChatStore {
  const listeners = new Listeners();
  let snapshot = EMPTY;
  // All attempts share one key: a failed attempt may have created the chat.
  let idempotencyKey = randomKey();
  let settings = newChatSettings();
  let createdId: string | null = null;
  let isStopRequested = false;

  function show(next: ChatSnapshot) {
    snapshot = next;
    listeners.notify();
  }

  async function send(content: string, options: SendOptions = {}): Promise<boolean> {
    if (snapshot.status === 'submitting') return false;
    createdId = null;
    isStopRequested = false;
    const pending = pendingMessage('new', null, content, options.attachments);
    show({ ...EMPTY, messages: [pending], messageIds: [pending.id], status: 'submitting' });
    try {
      // A request with other settings needs another key.
      if (settings !== newChatSettings()) idempotencyKey = randomKey();
      settings = newChatSettings();
      const chat = await chatClient.createChat({ settings }, { idempotencyKey });
      createdId = chat.id;
      const store = chatStore(chatClient, chat.id, { pace: true });
      const sent = store.send(content, options);
      if (isStopRequested) void store.stop();
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
    subscribe: listeners.subscribe,
    getSnapshot: () => snapshot,
    createdId: () => createdId,
    send,
    edit: async () => false,
    regenerate: async () => false,
    continueReply: async () => false,
    retry: async () => false,
    // There is no reply to stop until the chat is created.
    stop: async () => void (isStopRequested = true),
    resume: async () => show(EMPTY),
    showBranch: () => undefined,
  };
}
