import { focusComposer } from './focus-composer.ts';
import { blocksOf, sourcesOf, textOf } from './message-parts.ts';
import type { MessageRowProps } from './message-row.tsx';
import { ReplyBody } from './reply-body.tsx';
import { ReplyFooter } from './reply-footer.tsx';
import { ReplyStatus } from './reply-status.tsx';
import { Sources } from './sources.tsx';
import { Thinking } from './thinking.tsx';
import { Thoughts } from './thoughts.tsx';

export function Reply({ shown, idle, versions, actions }: MessageRowProps) {
  const { message, lastHasText } = shown;
  const text = textOf(message, 'text');
  const blocks = blocksOf(message);
  const isBlank = blocks.length === 0;
  const thoughts = textOf(message, 'thought');
  const running = message.status === 'running';
  const thinking = running && !lastHasText;

  /** The clicked button disappears, so the focus moves to the composer. */
  function request(action: (messageId: string) => Promise<boolean>) {
    void action(message.id);
    focusComposer();
  }

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
        <ReplyStatus
          message={message}
          continuable={lastHasText}
          idle={idle}
          onContinue={() => request(actions.onContinue)}
          onRetry={() => request(actions.onRegenerate)}
        />
      )}
      <ReplyFooter shown={shown} text={text} idle={idle} versions={versions} actions={actions} />
    </div>
  );
}
