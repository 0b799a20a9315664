import type { Message } from '@millrace/protocol';
import type { ReactNode } from 'react';
import { strings } from '../strings/en.ts';

/** The element around any message: search results, tests and screen readers find a message by it. */
export function MessageArticle({ message, children }: { message: Message; children: ReactNode }) {
  return (
    <article
      id={`message-${message.id}`}
      data-message-role={message.role}
      data-status={message.status}
      aria-label={strings.conversation.speakers[message.role]}
      // While busy, changes aren't announced.
      aria-busy={message.status === 'running'}
      className="min-w-0"
    >
      {children}
    </article>
  );
}
