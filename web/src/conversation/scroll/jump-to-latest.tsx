import type { Message } from '@millrace/protocol';
import type { ChatStore } from '@millrace/client/state';
import { ArrowDown } from 'lucide-react';
import { useCallback, useState, useSyncExternalStore } from 'react';
import { strings } from '../../strings/en.ts';

interface JumpToLatestProps {
  store: ChatStore;
  onJump: () => void;
}

/** Returns to the end of the conversation. Shown while the end is out of view. */
export function JumpToLatest({ store, onJump }: JumpToLatestProps) {
  const hasNewContent = useHasNewContent(store);
  return (
    <button
      type="button"
      onClick={onJump}
      className="bg-card shadow-float hover:bg-muted absolute bottom-3 left-1/2 flex -translate-x-1/2 items-center gap-1.5 rounded-full border px-3.5 py-1.5 text-sm transition-colors"
    >
      <ArrowDown aria-hidden="true" className="size-4" />
      {strings.conversation.jumpToLatest}
      {hasNewContent && (
        <>
          <span aria-hidden="true" className="bg-primary ml-0.5 size-2 rounded-full" />
          <span className="sr-only">{strings.conversation.newContent}</span>
        </>
      )}
    </button>
  );
}

/** Whether the conversation has grown since the button appeared. */
function useHasNewContent(store: ChatStore): boolean {
  const [initial] = useState(() => endOfChat(store));
  const hasNewContent = useCallback(() => endOfChat(store) !== initial, [store, initial]);
  return useSyncExternalStore(store.subscribe, hasNewContent, hasNewContent);
}

/** A string that changes whenever the conversation grows. */
function endOfChat(store: ChatStore): string {
  const last = store.getSnapshot().messages.at(-1);
  return last ? `${last.id} ${lengthOf(last)}` : '';
}

function lengthOf({ parts }: Message): number {
  let length = parts.length;
  for (const part of parts) if (part.type === 'text') length += part.text.length;
  return length;
}
