import type { Message } from '@millrace/protocol';
import { memo } from 'react';
import { strings } from '../strings/en.ts';
import { textOf } from './message-parts.ts';
import { Reply } from './reply.tsx';

interface MessageRowProps {
  message: Message;
  /** Whether another reply may be asked for now. */
  idle: boolean;
  onRegenerate: (messageId: string) => Promise<boolean>;
}

/** Renders only when its own message changes, so that a token costs one row however long the chat is. */
export const MessageRow = memo(function MessageRow({ message, idle, onRegenerate }: MessageRowProps) {
  const own = message.role === 'user';
  return (
    <article
      data-message-role={message.role}
      data-status={message.status}
      aria-label={own ? strings.conversation.you : strings.conversation.assistant}
      // Announced once it has ended, not letter by letter.
      aria-busy={message.status === 'running'}
      className="min-w-0"
    >
      {own ? (
        <p className="bg-muted ml-auto w-fit max-w-[85%] rounded-2xl px-4 py-2.5 leading-6 break-words whitespace-pre-wrap">
          {textOf(message, 'text')}
        </p>
      ) : (
        <Reply message={message} idle={idle} onRegenerate={onRegenerate} />
      )}
    </article>
  );
});
