import { isAttached } from '@millrace/protocol';
import type { MessagePart } from '@millrace/protocol';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { MessageAttachments } from '../../attachments/message-attachments.tsx';
import { Button } from '../../shell/button.tsx';
import { strings } from '../../strings/en.ts';
import { isComposing, isSendKey } from '../send-key.ts';
import { changeEditText } from './edited-message.ts';

interface EditFormProps {
  text: string;
  /** The parts of the message: its attachments stay. */
  parts: readonly MessagePart[];
  /** Whether no reply is running, so that another one can be requested. */
  isIdle: boolean;
  onSend: () => void;
  onCancel: () => void;
}

/** Edits a message in its place. */
export function EditForm({ text, parts, isIdle, onSend, onCancel }: EditFormProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const canSend = isIdle && (text.trim() !== '' || parts.some(isAttached));

  useEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(box.current.value.length, box.current.value.length);
  }, []);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape' && !isComposing(event)) onCancel();
    if (!isSendKey(event)) return;
    event.preventDefault();
    if (canSend) onSend();
  }

  return (
    <form
      data-owns-escape
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) onSend();
      }}
      className="bg-card shadow-float focus-within:border-primary rounded-2xl border p-2 transition-colors"
    >
      <MessageAttachments parts={parts} className="p-1" />
      <textarea
        ref={box}
        rows={1}
        aria-label={strings.conversation.editLabel}
        value={text}
        onChange={(event) => changeEditText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content block max-h-[50dvh] min-h-9 w-full resize-none bg-transparent px-2.5 py-1.5 text-base leading-6 outline-none"
      />
      <div className="mt-1 flex items-center justify-end gap-2">
        <span className="text-muted-foreground mr-auto px-2.5 text-xs">{strings.conversation.editHint}</span>
        <Button onClick={onCancel} className="py-1.5!">
          {strings.actions.cancel}
        </Button>
        <Button look="primary" type="submit" disabled={!canSend} className="py-1.5!">
          {strings.actions.send}
        </Button>
      </div>
    </form>
  );
}
