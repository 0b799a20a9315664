import { memo } from 'react';
import { strings } from '../strings/en.ts';
import type { DisplayedMessage } from './join-continuations.ts';
import type { MessageActions } from './message-actions.ts';
import { OwnMessage } from './own-message/own-message.tsx';
import { Reply } from './reply.tsx';
import { Summary } from './summary.tsx';

interface MessageRowProps {
  shown: DisplayedMessage;
  /** Whether another reply may be asked for now. */
  idle: boolean;
  /** The ids of all versions, if there are several. */
  versions: readonly string[] | undefined;
  actions: MessageActions;
}

/** Renders only when its own message changes, so that a token costs one row however long the chat is. */
export const MessageRow = memo(function MessageRow({ shown, idle, versions, actions }: MessageRowProps) {
  const { message } = shown;
  const own = message.role === 'user';
  return (
    <article
      id={`message-${message.id}`}
      data-message-role={message.role}
      data-status={message.status}
      aria-label={strings.conversation.speakers[message.role]}
      // Announced once it has ended, not letter by letter.
      aria-busy={message.status === 'running'}
      className="min-w-0"
    >
      {own ? (
        <OwnMessage shown={shown} idle={idle} versions={versions} actions={actions} />
      ) : message.role === 'system' ? (
        <Summary message={message} />
      ) : (
        <Reply shown={shown} idle={idle} versions={versions} actions={actions} />
      )}
    </article>
  );
});
