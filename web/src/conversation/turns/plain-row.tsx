import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import { PlainText } from '../markdown/plain-text.tsx';
import { MessageArticle } from '../message-article.tsx';

/** The text of a message, shown until the message comes near the view. */
export function PlainRow({ message }: { message: Message }) {
  return (
    <MessageArticle message={message}>
      <PlainText text={messageText(message, 'text')} />
    </MessageArticle>
  );
}
