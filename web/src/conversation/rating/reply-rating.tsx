import type { Message, Rating } from '@millrace/protocol';
import { ThumbsDown, ThumbsUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { errorText } from '../../server/error-text.ts';
import { IconButton } from '../../shell/button.tsx';
import { strings } from '../../strings/en.ts';
import { RatingNote } from './rating-note.tsx';
import { useRating } from './use-rating.ts';

const THUMBS = [
  ['good', ThumbsUp],
  ['bad', ThumbsDown],
] as const;

/** Rates a reply good or bad, with an optional note. Pressing a selected rating removes it. */
export function ReplyRating({ message }: { message: Message }) {
  const { rating, error, rate } = useRating(message);
  const [isAddingNote, setIsAddingNote] = useState(false);
  const buttons = useRef<HTMLSpanElement>(null);

  function press(verdict: Rating['rating']) {
    const isOn = rating?.rating === verdict;
    setIsAddingNote(!isOn);
    rate(isOn ? null : { rating: verdict, note: null });
  }

  function close() {
    flushSync(() => setIsAddingNote(false));
    buttons.current?.querySelector<HTMLElement>('[aria-pressed=true]')?.focus();
  }

  return (
    <>
      <span ref={buttons} className="flex">
        {THUMBS.map(([verdict, Thumb]) => {
          const isOn = rating?.rating === verdict;
          const label = strings.conversation.rate[verdict];
          return (
            <IconButton
              key={verdict}
              label={label}
              title={isOn && rating.note !== null ? `${label}: ${rating.note}` : label}
              aria-pressed={isOn}
              onClick={() => press(verdict)}
              className={isOn ? 'text-primary! [&_path]:fill-current/20' : ''}
            >
              <Thumb className="size-4" />
            </IconButton>
          );
        })}
      </span>
      {isAddingNote && rating && (
        <RatingNote
          verdict={rating.rating}
          onSend={(note) => {
            close();
            rate({ ...rating, note });
          }}
          onClose={close}
        />
      )}
      {error !== null && (
        <p role="alert" className="text-danger order-last w-full px-2 text-sm">
          {errorText(error)}
        </p>
      )}
    </>
  );
}
