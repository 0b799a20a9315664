import type { ChatSnapshot } from '@millrace/client/state';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { versionsOf } from '../join-continuations.ts';
import type { MessageActions } from '../message-actions.ts';
import { textOf } from '../message-parts.ts';
import { MessageRow } from '../message-row.tsx';
import type { DeferredRenderer } from './deferred-renderer.ts';
import { PlainRow } from './plain-row.tsx';
import type { Turn } from './turns.ts';

interface TurnRowProps {
  turn: Turn;
  /** Whether it is of a long chat, and far from what is shown first. Of interest only at first. */
  isFar: boolean;
  later: DeferredRenderer;
  /** Whether the rest of the view is kept free for the reply, so that the question is at its top. */
  fillsView: boolean;
  idle: boolean;
  branches: ChatSnapshot['branches'];
  actions: MessageActions;
  children?: ReactNode;
}

/**
 * What of a long chat is far from the view is plain text at first: quickly made, and found by who searches the page. The
 * browser leaves out what can't be seen of it.
 */
export const TurnRow = memo(function TurnRow(props: TurnRowProps) {
  const { turn, isFar, later, fillsView, idle, branches, actions, children } = props;
  const row = useRef<HTMLDivElement>(null);
  const [wasFar] = useState(isFar);
  const [isPlain, setPlain] = useState(isFar);
  useLayoutEffect(() => {
    if (isPlain && row.current) return later.add(row.current, () => setPlain(false));
  }, [isPlain, later]);
  return (
    <div
      ref={row}
      className={`grid grid-cols-1 content-start gap-7 ${fillsView ? 'min-h-[calc(100cqh-3rem)]' : ''} ${wasFar ? 'far-turn' : ''}`}
      style={wasFar ? { containIntrinsicBlockSize: `auto ${likelyHeight(turn)}px` } : undefined}
    >
      {turn.messages.map((shown) =>
        isPlain ? (
          <PlainRow key={shown.key} message={shown.message} />
        ) : (
          <MessageRow
            key={shown.key}
            shown={shown}
            idle={idle}
            versions={versionsOf(shown, branches)}
            actions={actions}
          />
        ),
      )}
      {children}
    </div>
  );
});

/** Of a line, of what is around each message (px), and how many letters a line has. */
const LINE = 27;
const AROUND = 80;
const LINE_LENGTH = 90;

/** So that the scrollbar hardly changes when it is known. */
function likelyHeight({ messages }: Turn): number {
  let height = 0;
  for (const { message } of messages) {
    const text = textOf(message, 'text');
    const breaks = text.split('\n').length;
    height += AROUND + LINE * Math.max(1, Math.ceil(text.length / LINE_LENGTH) + breaks / 2);
  }
  return Math.round(height);
}
