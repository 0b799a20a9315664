import type { SearchHit } from '@millrace/protocol';
import { useEffect, useRef } from 'react';
import { strings } from '../strings/en.ts';
import { Highlighted } from './highlighted.tsx';

interface HitOptionProps {
  id: string;
  hit: SearchHit;
  isActive: boolean;
  onPoint: () => void;
  onChoose: () => void;
}

/** One search result. The search box keeps the focus and handles the keys. */
export function HitOption({ id, hit, isActive, onPoint, onChoose }: HitOptionProps) {
  const option = useRef<HTMLDivElement>(null);
  const { chatTitle, messageId, role, snippet, createdAt } = hit;
  const date = new Date(createdAt);

  useEffect(() => {
    if (isActive) option.current?.scrollIntoView({ block: 'nearest' });
  }, [isActive]);

  return (
    // The search box has the focus and names the active option in aria-activedescendant.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      ref={option}
      id={id}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an option can't have parts
      role="option"
      aria-selected={isActive}
      onPointerMove={onPoint}
      onClick={onChoose}
      className={`cursor-pointer rounded-lg px-3 py-2 ${isActive ? 'bg-muted' : ''}`}
    >
      <div className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 truncate text-sm font-medium">
          {messageId === null ? <Highlighted {...snippet} /> : (chatTitle ?? strings.chats.newChat)}
        </span>
        <time dateTime={createdAt} className="text-muted-foreground shrink-0 text-xs">
          {date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })}
        </time>
      </div>
      {role !== null && (
        <p className="text-muted-foreground mt-0.5 line-clamp-2 text-sm break-words">
          <span className="font-medium">{strings.search.saidBy(strings.conversation.speakers[role])}</span>{' '}
          <Highlighted {...snippet} />
        </p>
      )}
    </div>
  );
}
