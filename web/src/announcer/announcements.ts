import type { Store, ChatStore } from '@millrace/client/state';
import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import { strings } from '../strings/en.ts';
import { FinishedSentences } from './finished-sentences.ts';

export interface Announcement {
  /** Counts all announcements of the chat. */
  id: number;
  text: string;
}

/** How far a slow voice may fall behind. Older announcements are dropped. */
const MAX_ANNOUNCEMENTS = 20;

/**
 * What a screen reader announces while a chat is open: each sentence of a reply once it is finished, and how the reply ended.
 * What was there when the chat was opened isn't announced; it is read like any page.
 */
export function announcementsOf(chat: ChatStore, language: string): Store<readonly Announcement[]> {
  let announcements: readonly Announcement[] = [];
  let count = 0;
  let followed: { id: string; sentences: FinishedSentences; wasOpenedMidway: boolean } | null = null;
  let isOpening = true;

  function announce(texts: readonly string[]): void {
    if (texts.length === 0) return;
    const added = texts.map((text) => ({ id: (count += 1), text }));
    announcements = [...announcements, ...added].slice(-MAX_ANNOUNCEMENTS);
  }

  function follow(reply: Message): void {
    if (followed?.id !== reply.id) {
      const sentences = new FinishedSentences(language, strings.conversation.codeBlock);
      followed = { id: reply.id, sentences, wasOpenedMidway: isOpening };
    }
    const text = messageText(reply, 'text');
    if (followed.wasOpenedMidway && text !== '') {
      // The first text of a reply that was already running is everything it had said before.
      followed.sentences.skip(text);
      followed.wasOpenedMidway = false;
    }
    const isRunning = reply.status === 'running';
    announce(followed.sentences.read(text, !isRunning));
    if (isRunning) return;
    announce(endOf(reply));
    followed = null;
  }

  function update(): void {
    const { messages, status } = chat.getSnapshot();
    if (status === 'loading') return;
    const reply = messages.at(-1);
    const isReply = reply?.role === 'assistant';
    if (isReply && (reply.status === 'running' || reply.id === followed?.id)) follow(reply);
    isOpening = false;
  }

  return {
    subscribe(listener) {
      const unsubscribe = chat.subscribe(() => {
        const before = announcements;
        update();
        if (announcements !== before) listener();
      });
      update();
      return unsubscribe;
    },
    getSnapshot: () => announcements,
  };
}

function endOf({ status, error }: Message): string[] {
  if (status === 'stopped') return [strings.conversation.stopped];
  if (status === 'failed' || status === 'interrupted')
    return [error?.message ?? strings.conversation[status]];
  return [];
}
