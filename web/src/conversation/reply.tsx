import type { Message } from '@millrace/protocol';
import { lazy, Suspense } from 'react';
import { sourcesOf, textOf } from './message-parts.ts';
import { ReplyFooter } from './reply-footer.tsx';
import { ReplyStatus } from './reply-status.tsx';
import { Sources } from './sources.tsx';
import { Thinking } from './thinking.tsx';
import { Thoughts } from './thoughts.tsx';

/** Where Markdown can't be loaded, a reply is still readable. */
export async function loadMarkdown() {
  return import('./markdown.tsx').then(
    ({ Markdown }) => ({ default: Markdown }),
    () => ({ default: PlainText }),
  );
}

const Markdown = lazy(loadMarkdown);

function PlainText({ text }: { text: string }) {
  return <p className="break-words whitespace-pre-wrap">{text}</p>;
}

interface ReplyProps {
  message: Message;
  idle: boolean;
  onRegenerate: (messageId: string) => Promise<boolean>;
}

export function Reply({ message, idle, onRegenerate }: ReplyProps) {
  const text = textOf(message, 'text');
  const thoughts = textOf(message, 'thought');
  const running = message.status === 'running';
  const thinking = running && text === '';

  return (
    <div className="group">
      {thoughts !== '' && <Thoughts text={thoughts} thinking={thinking} />}
      {thinking && thoughts === '' && <Thinking />}
      {text !== '' && (
        <div data-testid="message-text" className="reply-text">
          <Suspense fallback={<PlainText text={text} />}>
            <Markdown text={text} running={running} />
          </Suspense>
        </div>
      )}
      <Sources sources={sourcesOf(message)} />
      {!running && (
        <>
          <ReplyStatus message={message} idle={idle} onRetry={() => void onRegenerate(message.id)} />
          <ReplyFooter
            message={message}
            text={text}
            idle={idle}
            onRegenerate={() => void onRegenerate(message.id)}
          />
        </>
      )}
    </div>
  );
}
