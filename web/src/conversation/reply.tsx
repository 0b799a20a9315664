import { focusComposer } from './focus-composer.ts';
import type { DisplayedMessage } from './join-continuations.ts';
import type { MessageActions } from './message-actions.ts';
import { blocksOf, sourcesOf, textOf } from './message-parts.ts';
import { ReplyBody } from './reply-body.tsx';
import { ReplyFooter } from './reply-footer.tsx';
import { ReplyStatus } from './reply-status.tsx';
import { Sources } from './sources.tsx';
import { Thinking } from './thinking.tsx';
import { Thoughts } from './thoughts.tsx';

interface ReplyProps {
  shown: DisplayedMessage;
  idle: boolean;
  /** The ids of all versions, if there are several. */
  versions: readonly string[] | undefined;
  actions: MessageActions;
}

export function Reply({ shown, idle, versions, actions }: ReplyProps) {
  const { message, lastHasText } = shown;
  const text = textOf(message, 'text');
  const blocks = blocksOf(message);
  const isBlank = blocks.length === 0;
  const thoughts = textOf(message, 'thought');
  const running = message.status === 'running';
  const thinking = running && !lastHasText;

  /** The button that asks is gone as soon as it has. */
  function ask(action: (messageId: string) => Promise<boolean>) {
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
          onContinue={() => ask(actions.onContinue)}
          onRetry={() => ask(actions.onRegenerate)}
        />
      )}
      <ReplyFooter shown={shown} text={text} idle={idle} versions={versions} actions={actions} />
    </div>
  );
}
