import type { Rating } from '@millrace/protocol';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../shell/button.tsx';
import { strings } from '../../strings/en.ts';

/** The server's limit (docs/protocol/messages.md). */
const MAX_CHARS = 2000;

interface RatingNoteProps {
  verdict: Rating['rating'];
  onSend: (note: string) => void;
  onClose: () => void;
}

/** Asks for an optional note. The rating itself is already sent. */
export function RatingNote({ verdict, onSend, onClose }: RatingNoteProps) {
  const [note, setNote] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const label = strings.conversation.why[verdict];

  // With touch, the on-screen keyboard would cover the reply.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);

  return (
    <form
      data-owns-escape
      onSubmit={(event) => {
        event.preventDefault();
        if (note.trim() !== '') onSend(note.trim());
      }}
      className="order-last mt-1 ml-2 flex w-full max-w-lg items-center gap-2"
    >
      <input
        ref={field}
        aria-label={label}
        placeholder={label}
        value={note}
        maxLength={MAX_CHARS}
        onChange={(event) => setNote(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && !event.nativeEvent.isComposing && onClose()}
        className="bg-card placeholder:text-muted-foreground min-w-0 flex-1 rounded-lg border px-3 py-1.5 text-base md:text-sm"
      />
      {note.trim() === '' ? (
        <Button key="skip" onClick={onClose} className="py-1.5!">
          {strings.conversation.skipFeedback}
        </Button>
      ) : (
        <Button key="send" type="submit" look="primary" className="py-1.5!">
          {strings.conversation.sendFeedback}
        </Button>
      )}
    </form>
  );
}
