import type { ChatSnapshot } from '@millrace/client/state';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { messageText } from '@millrace/protocol';
import { versionsOf } from '../join-continuations.ts';
import type { MessageActions } from '../message-actions.ts';
import { MessageRow } from '../message-row.tsx';
import type { DeferredRenderer } from './deferred-renderer.ts';
import { PlainRow } from './plain-row.tsx';
import type { Turn } from './turns.ts';

interface TurnRowProps {
  turn: Turn;
  /** Whether the turn is far from the end of the chat, which is shown first. Only the initial value counts. */
  isFar: boolean;
  renderer: DeferredRenderer;
  /** Whether the row is at least as high as the view, so that its question can scroll to the top. */
  fillsView: boolean;
  isIdle: boolean;
  branches: ChatSnapshot['branches'];
  actions: MessageActions;
  children?: ReactNode;
}

/**
 * A turn far from the view is plain text at first. That renders quickly, and the browser's page search finds it. The browser
 * skips the layout of what is out of view.
 */
export const TurnRow = memo(function TurnRow(props: TurnRowProps) {
  const { turn, isFar, renderer, fillsView, isIdle, branches, actions, children } = props;
  const row = useRef<HTMLDivElement>(null);
  const [startedFar] = useState(isFar);
  const [isPlain, setPlain] = useState(isFar);
  useLayoutEffect(() => {
    if (isPlain && row.current) return renderer.add(row.current, () => setPlain(false));
  }, [isPlain, renderer]);
  return (
    <div
      ref={row}
      className={`grid grid-cols-1 content-start gap-7 ${fillsView ? 'min-h-[calc(100cqh-3rem)]' : ''} ${startedFar ? 'far-turn' : ''}`}
      style={startedFar ? { containIntrinsicBlockSize: `auto ${estimateHeightPx(turn)}px` } : undefined}
    >
      {turn.messages.map((shown) =>
        isPlain ? (
          <PlainRow key={shown.key} message={shown.message} />
        ) : (
          <MessageRow
            key={shown.key}
            shown={shown}
            isIdle={isIdle}
            versions={versionsOf(shown, branches)}
            actions={actions}
          />
        ),
      )}
      {children}
    </div>
  );
});

const LINE_HEIGHT_PX = 27;
/** The margins and the footer of a message. */
const SURROUNDINGS_PX = 80;
const LINE_CHARS = 90;

/** An estimate, so that the scrollbar hardly changes when the real height is known. */
function estimateHeightPx({ messages }: Turn): number {
  let height = 0;
  for (const { message } of messages) {
    const text = messageText(message, 'text');
    const breaks = text.split('\n').length;
    height +=
      SURROUNDINGS_PX + LINE_HEIGHT_PX * Math.max(1, Math.ceil(text.length / LINE_CHARS) + breaks / 2);
  }
  return Math.round(height);
}
