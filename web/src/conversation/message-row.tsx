import { memo } from 'react';
import { strings } from '../strings/en.ts';
import type { ShownMessage } from './join-continued.ts';
import { textOf } from './message-parts.ts';
import { Reply } from './reply.tsx';
import type { ReplyActions } from './reply.tsx';
import { Summary } from './summary.tsx';

interface MessageRowProps {
  shown: ShownMessage;
  /** Whether another reply may be asked for now. */
  idle: boolean;
  actions: ReplyActions;
}

/** Renders only when its own message changes, so that a token costs one row however long the chat is. */
export const MessageRow = memo(function MessageRow({ shown, idle, actions }: MessageRowProps) {
  const { message } = shown;
  const own = message.role === 'user';
  return (
    <article
      data-message-role={message.role}
      data-status={message.status}
      aria-label={strings.conversation.speakers[message.role]}
      // Announced once it has ended, not letter by letter.
      aria-busy={message.status === 'running'}
      className="min-w-0"
    >
      {own ? (
        <p className="bg-muted ml-auto w-fit max-w-[85%] rounded-2xl px-4 py-2.5 leading-6 break-words whitespace-pre-wrap">
          {textOf(message, 'text')}
        </p>
      ) : message.role === 'system' ? (
        <Summary message={message} />
      ) : (
        <Reply shown={shown} idle={idle} actions={actions} />
      )}
    </article>
  );
});
