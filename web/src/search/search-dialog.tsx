import type { SearchHit } from '@millrace/protocol';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { useLocation } from 'wouter';
import { search } from '../server/search.ts';
import { Dialog } from '../shell/dialog.tsx';
import { strings } from '../strings/en.ts';
import { SearchResults } from './search-results.tsx';
import { revealMessage } from './reveal-message.ts';

const TYPING_PAUSE_MS = 120;

interface SearchDialogProps {
  onClose: () => void;
  onNavigate: () => void;
}

export function SearchDialog({ onClose, onNavigate }: SearchDialogProps) {
  const listId = useId();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState('');
  const [activeIndex, setActiveIndex] = useState(0);
  const hasChosen = useRef(false);
  const text = useDebounced(typed.trim());
  const found = useInfiniteQuery({
    queryKey: ['search', text],
    queryFn: ({ pageParam, signal }) => search(text, { cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    enabled: text !== '',
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const hits = text === '' ? [] : (found.data?.pages.flatMap(({ items }) => items) ?? []);

  function choose({ chatId, messageId }: SearchHit) {
    hasChosen.current = true;
    revealMessage(messageId);
    navigate(`/chats/${chatId}`);
    onNavigate();
    onClose();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    const targets: Record<string, number> = { ArrowDown: activeIndex + 1, ArrowUp: activeIndex - 1 };
    const target = targets[event.key];
    const chosen = hits[activeIndex];
    if (target !== undefined && hits.length > 0) {
      event.preventDefault();
      setActiveIndex((target + hits.length) % hits.length);
    } else if (event.key === 'Enter' && chosen) {
      event.preventDefault();
      choose(chosen);
    }
  }

  return (
    <Dialog
      title={strings.search.title}
      isTitleHidden
      finalFocus={() => !hasChosen.current}
      onClose={onClose}
      className="top-[8dvh] max-h-[70dvh] w-[min(38rem,calc(100vw-1.5rem))]"
    >
      <div className="flex items-center gap-3 border-b px-4">
        <Search aria-hidden="true" className="text-muted-foreground size-4 shrink-0" />
        <input
          role="combobox"
          aria-label={strings.search.title}
          aria-expanded={hits.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={hits.length > 0 ? `${listId}-${activeIndex}` : undefined}
          placeholder={strings.search.title}
          autoComplete="off"
          maxLength={500}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setActiveIndex(0);
          }}
          onKeyDown={onKeyDown}
          className="placeholder:text-muted-foreground min-w-0 flex-1 bg-transparent py-3.5 text-base outline-none"
        />
      </div>
      <SearchResults
        listId={listId}
        text={text}
        hits={hits}
        activeIndex={activeIndex}
        found={found}
        onPoint={setActiveIndex}
        onChoose={choose}
      />
    </Dialog>
  );
}

/** The text, updated only after a pause in typing. */
function useDebounced(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
