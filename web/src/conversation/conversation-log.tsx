import { useChatStore } from '@millrace/client/react';
import type { ChatStatus, ChatStore } from '@millrace/client/state';
import { ArrowDown } from 'lucide-react';
import { useEffect } from 'react';
import { useStickToBottom } from 'use-stick-to-bottom';
import { strings } from '../strings/en.ts';
import { joinContinued } from './join-continued.ts';
import { MessageRow } from './message-row.tsx';
import type { ReplyActions } from './reply.tsx';
import { Thinking } from './thinking.tsx';

interface ConversationLogProps {
  store: ChatStore;
  status: ChatStatus;
  actions: ReplyActions;
}

export function ConversationLog({ store, status, actions }: ConversationLogProps) {
  // Here and not in the page, so that a token renders neither its header nor its composer.
  const { messages } = useChatStore(store);
  const { scrollRef, contentRef, isAtBottom, scrollToBottom } = useStickToBottom({
    initial: 'instant',
    resize: 'instant',
  });

  // What one has just asked for is shown, wherever one was reading.
  useEffect(() => {
    if (status === 'submitting') void scrollToBottom('instant');
  }, [status, scrollToBottom]);

  const idle = status === 'idle' || status === 'error';

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scrollRef}
        role="log"
        aria-label={strings.conversation.log}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be in reach of the keyboard
        tabIndex={0}
        className="h-full overflow-y-auto outline-offset-[-2px]"
      >
        <div ref={contentRef} className="mx-auto grid max-w-3xl grid-cols-1 gap-7 px-4 pt-4 pb-8 md:px-6">
          {joinContinued(messages).map((shown) => (
            <MessageRow key={shown.key} shown={shown} idle={idle} actions={actions} />
          ))}
          {status === 'submitting' && <Thinking />}
        </div>
      </div>
      {!isAtBottom && (
        <button
          type="button"
          onClick={() => void scrollToBottom('smooth')}
          className="bg-card shadow-float hover:bg-muted absolute bottom-3 left-1/2 flex -translate-x-1/2 items-center gap-1.5 rounded-full border px-3.5 py-1.5 text-sm transition-colors"
        >
          <ArrowDown aria-hidden="true" className="size-4" />
          {strings.conversation.jumpToLatest}
        </button>
      )}
    </div>
  );
}
