import { memo } from 'react';
import type { DisplayedMessage } from './join-continuations.ts';
import type { MessageActions } from './message-actions.ts';
import { MessageArticle } from './message-article.tsx';
import { OwnMessage } from './own-message/own-message.tsx';
import { Reply } from './reply.tsx';
import { Summary } from './summary.tsx';

/** What every kind of row gets. */
export interface MessageRowProps {
  shown: DisplayedMessage;
  /** Whether no reply is running, so that another one can be requested. */
  isIdle: boolean;
  /** The ids of all versions, oldest first; undefined if there is only one. */
  versions: readonly string[] | undefined;
  actions: MessageActions;
}

/** Renders only when its own message changes, so that a token renders one row, however long the chat is. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message } = props.shown;
  return (
    <MessageArticle message={message}>
      {message.role === 'user' ? (
        <OwnMessage {...props} />
      ) : message.role === 'system' ? (
        <Summary message={message} />
      ) : (
        <Reply {...props} />
      )}
    </MessageArticle>
  );
});
