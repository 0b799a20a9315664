import { RefreshCw } from 'lucide-react';
import { IconButton } from '../shell/button.tsx';
import { CopyButton } from '../shell/copy-button.tsx';
import { strings } from '../strings/en.ts';
import { BranchSwitcher } from './branches/branch-switcher.tsx';
import { focusComposer } from './focus-composer.ts';
import type { MessageRowProps } from './message-row-props.ts';
import { ReplyRating } from './rating/reply-rating.tsx';
import { RegenerateMenu } from './regenerate-menu.tsx';
import { ReplyFigures } from './reply-figures.tsx';

interface ReplyFooterProps extends MessageRowProps {
  text: string;
}

export function ReplyFooter({ shown, text, isIdle, versions, actions }: ReplyFooterProps) {
  const { message, ids } = shown;
  const isRunning = message.status === 'running';

  function regenerate(model?: string) {
    if (!isIdle) return;
    void actions.onRegenerate(message.id, { model });
    focusComposer();
  }

  if (isRunning && versions === undefined) return null;
  return (
    <footer className="mt-1.5 -ml-2 flex flex-wrap items-center">
      <BranchSwitcher shownIds={ids} versions={versions} onShow={actions.onShowBranch} />
      {!isRunning && (
        <>
          {text !== '' && <CopyButton text={text} />}
          <IconButton
            label={strings.conversation.regenerate}
            aria-disabled={!isIdle}
            onClick={() => regenerate()}
            className="aria-disabled:opacity-40"
          >
            <RefreshCw className="size-4" />
          </IconButton>
          <RegenerateMenu model={message.model} onRegenerate={regenerate} />
          <ReplyRating message={message} />
          <ReplyFigures message={message} />
        </>
      )}
    </footer>
  );
}
