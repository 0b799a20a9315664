import type { Message } from '@millrace/protocol';
import { PlainText } from '../markdown/plain-text.tsx';
import { MessageArticle } from '../message-article.tsx';
import { textOf } from '../message-parts.ts';

/** The text of a message, shown until the message comes near the view. */
export function PlainRow({ message }: { message: Message }) {
  return (
    <MessageArticle message={message}>
      <PlainText text={textOf(message, 'text')} />
    </MessageArticle>
  );
}
