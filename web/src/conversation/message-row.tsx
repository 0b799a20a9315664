import { memo } from 'react';
import { MessageArticle } from './message-article.tsx';
import type { MessageRowProps } from './message-row-props.ts';
import { OwnMessage } from './own-message/own-message.tsx';
import { Reply } from './reply.tsx';
import { Summary } from './summary.tsx';

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
