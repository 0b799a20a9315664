import { ArrowUp, Square } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { AttachButton } from '../attachments/attach-button.tsx';
import { AttachmentTray } from '../attachments/attachment-tray.tsx';
import { useDraftFiles } from '../attachments/draft-files.ts';
import { strings } from '../strings/en.ts';
import { useDraft, writeDraft } from './drafts.ts';
import { focusComposer } from './focus-composer.ts';
import { isComposing, isSendKey } from './send-key.ts';

interface ComposerProps {
  chatId: string | null;
  isBusy: boolean;
  onSend: (content: string) => void;
  onStop: () => Promise<void>;
  onEditLast: () => void;
}

export function Composer({ chatId, isBusy, onSend, onStop, onEditLast }: ComposerProps) {
  const text = useDraft(chatId);
  const box = useRef<HTMLTextAreaElement>(null);
  const files = useDraftFiles(chatId);
  const isUploading = files.some(({ attachment, error }) => attachment === null && error === null);
  const isBlank = (text.trim() === '' && files.every(({ attachment }) => attachment === null)) || isUploading;

  useEffect(focusComposer, [chatId]);

  function send() {
    if (isBusy || isBlank) return;
    onSend(text);
    box.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'ArrowUp' && text === '' && !isComposing(event)) {
      event.preventDefault();
      onEditLast();
    }
    if (!isSendKey(event)) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      className="bg-card shadow-float focus-within:border-primary flex flex-wrap items-end gap-2 rounded-2xl border p-2 transition-colors"
    >
      <AttachmentTray chatId={chatId} />
      <AttachButton chatId={chatId} />
      <textarea
        ref={box}
        id="message"
        rows={1}
        aria-label={strings.conversation.message}
        placeholder={strings.conversation.placeholder}
        value={text}
        onChange={(event) => writeDraft(chatId, event.target.value)}
        onKeyDown={onKeyDown}
        className="placeholder:text-muted-foreground field-sizing-content max-h-[40dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent px-1 py-1.5 text-base leading-6 outline-none"
      />
      {isBusy ? (
        <button
          key="stop"
          type="button"
          aria-label={strings.actions.stop}
          title={strings.actions.stop}
          onClick={() => {
            void onStop();
            focusComposer();
          }}
          className="bg-foreground text-background grid size-9 shrink-0 place-content-center rounded-xl"
        >
          <Square aria-hidden="true" className="size-3.5 fill-current" />
        </button>
      ) : (
        <button
          key="send"
          type="submit"
          aria-label={strings.actions.send}
          title={strings.actions.send}
          disabled={isBlank}
          className="bg-primary text-primary-foreground hover:bg-primary-hover disabled:bg-muted disabled:text-muted-foreground grid size-9 shrink-0 place-content-center rounded-xl transition-colors"
        >
          <ArrowUp aria-hidden="true" className="size-5" />
        </button>
      )}
    </form>
  );
}
