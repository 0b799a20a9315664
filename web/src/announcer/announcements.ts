import type { Store, ChatStore } from '@millrace/client/state';
import type { Message } from '@millrace/protocol';
import { textOf } from '../conversation/message-parts.ts';
import { strings } from '../strings/en.ts';
import { FinishedSentences } from './finished-sentences.ts';

export interface Announcement {
  /** Its place among all of the chat's. */
  id: number;
  text: string;
}

/** As many as a slow voice may be behind. Those that were heard needn't stay. */
const KEPT = 20;

/**
 * What somebody who listens is told of a chat: each sentence of a reply once it's finished, and how the reply ended. What was
 * there when the chat was opened is read like any page and not announced.
 */
export function announcementsOf(chat: ChatStore, language: string): Store<readonly Announcement[]> {
  let announcements: readonly Announcement[] = [];
  let count = 0;
  let followed: { id: string; sentences: FinishedSentences; isOld: boolean } | null = null;
  let isOpening = true;

  function announce(texts: readonly string[]): void {
    if (texts.length === 0) return;
    const more = texts.map((text) => ({ id: (count += 1), text }));
    announcements = [...announcements, ...more].slice(-KEPT);
  }

  function follow(reply: Message): void {
    if (followed?.id !== reply.id) {
      const sentences = new FinishedSentences(language, strings.conversation.codeBlock);
      followed = { id: reply.id, sentences, isOld: isOpening };
    }
    const text = textOf(reply, 'text');
    if (followed.isOld && text !== '') {
      // Of a reply that was running when the chat was opened, what had been said comes first, and at once.
      followed.sentences.skip(text);
      followed.isOld = false;
    }
    const isRunning = reply.status === 'running';
    announce(followed.sentences.read(text, !isRunning));
    if (isRunning) return;
    announce(endOf(reply));
    followed = null;
  }

  function look(): void {
    const { messages, status } = chat.getSnapshot();
    if (status === 'loading') return;
    const reply = messages.at(-1);
    const isAssistants = reply?.role === 'assistant';
    if (isAssistants && (reply.status === 'running' || reply.id === followed?.id)) follow(reply);
    isOpening = false;
  }

  return {
    subscribe(listener) {
      const unsubscribe = chat.subscribe(() => {
        const before = announcements;
        look();
        if (announcements !== before) listener();
      });
      look();
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
