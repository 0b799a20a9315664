import { useChatStore } from '@millrace/client/react';
import type { ChatStatus, ChatStore } from '@millrace/client/state';
import { useLayoutEffect, useState } from 'react';
import { Announcer } from '../announcer/announcer.tsx';
import { useRevealedMessage } from '../search/reveal-message.ts';
import { strings } from '../strings/en.ts';
import { joinContinuations } from './join-continuations.ts';
import type { MessageActions } from './message-actions.ts';
import { JumpToLatest } from './scroll/jump-to-latest.tsx';
import { useScrollController } from './scroll/use-scroll-controller.ts';
import { Thinking } from './thinking.tsx';
import { DeferredRenderer } from './turns/deferred-renderer.ts';
import { TurnRow } from './turns/turn-row.tsx';
import { groupIntoTurns } from './turns/turns.ts';

/** How many turns at the end of a chat are rendered immediately: enough for several views. */
const INITIAL_TURNS = 10;

interface ConversationLogProps {
  store: ChatStore;
  status: ChatStatus;
  actions: MessageActions;
}

export function ConversationLog({ store, status, actions }: ConversationLogProps) {
  // Messages are read here, so that a token renders neither the page's header nor its composer.
  const { messages, branches } = useChatStore(store);
  const { controller, view, content, isAway } = useScrollController();
  const [renderer] = useState(() => new DeferredRenderer());
  const [hasAsked, setHasAsked] = useState(false);
  const isAsking = status === 'submitting';
  const isGrowing = isAsking || status === 'streaming';
  const isIdle = status === 'idle' || status === 'error';
  if (isAsking && !hasAsked) setHasAsked(true);

  useLayoutEffect(() => controller.setGliding(isGrowing), [controller, isGrowing]);

  // A new question is scrolled into view from anywhere.
  useLayoutEffect(() => {
    if (isAsking) controller.toEnd({ glide: true });
  }, [controller, isAsking]);

  useRevealedMessage({ store, status, messages }, controller.show);

  const turns = groupIntoTurns(joinContinuations(messages));

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={view}
        role="log"
        // The announcer reads new content out, by sentences.
        aria-live="off"
        aria-label={strings.conversation.log}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be focusable, so that the keyboard can scroll it
        tabIndex={0}
        className="[container-type:size] h-full overflow-y-auto outline-offset-[-2px]"
      >
        <div ref={content} className="mx-auto grid max-w-3xl grid-cols-1 gap-7 px-4 pt-4 pb-8 md:px-6">
          {turns.map((turn, index) => (
            <TurnRow
              key={turn.key}
              turn={turn}
              isFar={index < turns.length - INITIAL_TURNS}
              renderer={renderer}
              fillsView={hasAsked && index === turns.length - 1}
              isIdle={isIdle}
              branches={branches}
              actions={actions}
            >
              {isAsking && index === turns.length - 1 && <Thinking />}
            </TurnRow>
          ))}
        </div>
      </div>
      <Announcer store={store} />
      {isAway && <JumpToLatest store={store} onJump={() => controller.toEnd({ glide: true })} />}
    </div>
  );
}
