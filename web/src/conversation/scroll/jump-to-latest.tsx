import type { Message } from '@millrace/protocol';
import type { ChatStore } from '@millrace/client/state';
import { ArrowDown } from 'lucide-react';
import { useCallback, useState, useSyncExternalStore } from 'react';
import { strings } from '../../strings/en.ts';

interface JumpToLatestProps {
  store: ChatStore;
  onJump: () => void;
}

/** The way back to the end, for as long as the reader is elsewhere. */
export function JumpToLatest({ store, onJump }: JumpToLatestProps) {
  const hasNews = useHasNews(store);
  return (
    <button
      type="button"
      onClick={onJump}
      className="bg-card shadow-float hover:bg-muted absolute bottom-3 left-1/2 flex -translate-x-1/2 items-center gap-1.5 rounded-full border px-3.5 py-1.5 text-sm transition-colors"
    >
      <ArrowDown aria-hidden="true" className="size-4" />
      {strings.conversation.jumpToLatest}
      {hasNews && (
        <>
          <span aria-hidden="true" className="bg-primary ml-0.5 size-2 rounded-full" />
          <span className="sr-only">{strings.conversation.newContent}</span>
        </>
      )}
    </button>
  );
}

/** Whether something was said since this was first shown. */
function useHasNews(store: ChatStore): boolean {
  const [saidBefore] = useState(() => saidLast(store));
  const hasNews = useCallback(() => saidLast(store) !== saidBefore, [store, saidBefore]);
  return useSyncExternalStore(store.subscribe, hasNews, hasNews);
}

/** Another text when more was said. */
function saidLast(store: ChatStore): string {
  const last = store.getSnapshot().messages.at(-1);
  return last ? `${last.id} ${lengthOf(last)}` : '';
}

function lengthOf({ parts }: Message): number {
  let length = parts.length;
  for (const part of parts) if (part.type === 'text') length += part.text.length;
  return length;
}
