import type { ShownMessage } from './join-continued.ts';
import { blocksOf, sourcesOf, textOf } from './message-parts.ts';
import { ReplyBody } from './reply-body.tsx';
import { ReplyFooter } from './reply-footer.tsx';
import { ReplyStatus } from './reply-status.tsx';
import { Sources } from './sources.tsx';
import { Thinking } from './thinking.tsx';
import { Thoughts } from './thoughts.tsx';

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
  const blocks = blocksOf(message);
  const isBlank = blocks.length === 0;
  const thoughts = textOf(message, 'thought');
  const running = message.status === 'running';
  const thinking = running && !lastHasText;

  return (
    <div className="group">
      {thoughts !== '' && <Thoughts text={thoughts} thinking={thinking && isBlank} />}
      {thinking && isBlank && thoughts === '' && <Thinking />}
      {!isBlank && <ReplyBody blocks={blocks} running={running} />}
      {thinking && !isBlank && (
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
