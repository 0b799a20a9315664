import { lazy, Suspense } from 'react';
import type { ShownMessage } from './join-continued.ts';
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

export interface ReplyActions {
  onRegenerate: (messageId: string) => Promise<boolean>;
  onContinue: (messageId: string) => Promise<boolean>;
}

interface ReplyProps {
  shown: ShownMessage;
  idle: boolean;
  actions: ReplyActions;
}

export function Reply({ shown, idle, actions }: ReplyProps) {
  const { message, lastHasText } = shown;
  const text = textOf(message, 'text');
  const thoughts = textOf(message, 'thought');
  const running = message.status === 'running';
  const thinking = running && !lastHasText;

  return (
    <div className="group">
      {thoughts !== '' && <Thoughts text={thoughts} thinking={thinking && text === ''} />}
      {thinking && text === '' && thoughts === '' && <Thinking />}
      {text !== '' && (
        <div data-testid="message-text" className="reply-text">
          <Suspense fallback={<PlainText text={text} />}>
            <Markdown text={text} running={running} />
          </Suspense>
        </div>
      )}
      {thinking && text !== '' && (
        <div className="mt-3">
          <Thinking />
        </div>
      )}
      <Sources sources={sourcesOf(message)} />
      {!running && (
        <>
          <ReplyStatus
            message={message}
            continuable={lastHasText}
            idle={idle}
            onContinue={() => void actions.onContinue(message.id)}
            onRetry={() => void actions.onRegenerate(message.id)}
          />
          <ReplyFooter
            message={message}
            text={text}
            idle={idle}
            onRegenerate={() => void actions.onRegenerate(message.id)}
          />
        </>
      )}
    </div>
  );
}
