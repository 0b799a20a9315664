import { messageText } from '@millrace/protocol';
import type { SharedMessage } from '@millrace/protocol';
import { MessageAttachments } from '../attachments/message-attachments.tsx';
import { blocksOf, sourcesOf } from '../conversation/message-parts.ts';
import { ReplyBody } from '../conversation/reply-body.tsx';
import { Sources } from '../conversation/sources.tsx';
import { strings } from '../strings/en.ts';

/** A message of a shared chat. */
export function SharedMessageView({ message }: { message: SharedMessage }) {
  const { role, status, parts } = message;
  const { conversation } = strings;
  if (role === 'user') {
    const text = messageText(message, 'text');
    return (
      <article aria-label={conversation.speakers.user} data-message-role="user" className="min-w-0">
        <MessageAttachments parts={parts} className="justify-end" />
        {text !== '' && (
          <p className="bg-muted ml-auto w-fit max-w-[85%] rounded-2xl px-4 py-2.5 leading-6 break-words whitespace-pre-wrap">
            {text}
          </p>
        )}
      </article>
    );
  }
  return (
    <article aria-label={conversation.speakers.assistant} data-message-role="assistant" className="min-w-0">
      <ReplyBody blocks={blocksOf(message)} isRunning={false} />
      <Sources sources={sourcesOf(message)} />
      {status !== 'completed' && <p className="text-muted-foreground mt-3 text-sm">{conversation[status]}</p>}
    </article>
  );
}
