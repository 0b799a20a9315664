import { messageText } from '@millrace/protocol';
import { focusComposer } from './focus-composer.ts';
import { blocksOf, sourcesOf } from './message-parts.ts';
import type { MessageRowProps } from './message-row-props.ts';
import { ReplyBody } from './reply-body.tsx';
import { ReplyFooter } from './reply-footer.tsx';
import { ReplyStatus } from './reply-status.tsx';
import { Sources } from './sources.tsx';
import { Thinking } from './thinking.tsx';
import { Thoughts } from './thoughts.tsx';

export function Reply({ shown, isIdle, versions, actions }: MessageRowProps) {
  const { message, lastHasText } = shown;
  const text = messageText(message, 'text');
  const blocks = blocksOf(message);
  const isBlank = blocks.length === 0;
  const thoughts = messageText(message, 'thought');
  const isRunning = message.status === 'running';
  const isThinking = isRunning && !lastHasText;

  /** The clicked button disappears, so the focus moves to the composer. */
  function request(action: (messageId: string) => Promise<boolean>) {
    void action(message.id);
    focusComposer();
  }

  return (
    <div className="group">
      {thoughts !== '' && <Thoughts text={thoughts} isThinking={isThinking && isBlank} />}
      {isThinking && isBlank && thoughts === '' && <Thinking />}
      {!isBlank && <ReplyBody blocks={blocks} isRunning={isRunning} />}
      {isThinking && !isBlank && (
        <div className="mt-3">
          <Thinking />
        </div>
      )}
      <Sources sources={sourcesOf(message)} />
      {!isRunning && (
        <ReplyStatus
          message={message}
          canContinue={lastHasText}
          isIdle={isIdle}
          onContinue={() => request(actions.onContinue)}
          onRetry={() => request(actions.onRegenerate)}
        />
      )}
      <ReplyFooter shown={shown} text={text} isIdle={isIdle} versions={versions} actions={actions} />
    </div>
  );
}
