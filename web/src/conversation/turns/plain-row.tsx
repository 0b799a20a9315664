import type { Message } from '@millrace/protocol';
import { strings } from '../../strings/en.ts';
import { PlainText } from '../markdown/plain-text.tsx';
import { textOf } from '../message-parts.ts';

/** A message by its text alone, until it comes near the view. */
export function PlainRow({ message }: { message: Message }) {
  return (
    <article
      id={`message-${message.id}`}
      data-message-role={message.role}
      data-status={message.status}
      aria-label={strings.conversation.speakers[message.role]}
      className="min-w-0"
    >
      <PlainText text={textOf(message, 'text')} />
    </article>
  );
}
