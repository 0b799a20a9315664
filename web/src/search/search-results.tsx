import type { SearchHit } from '@millrace/protocol';
import { errorText } from '../server/error-text.ts';
import { Button } from '../shell/button.tsx';
import { ShowMoreButton } from '../shell/show-more-button.tsx';
import { strings } from '../strings/en.ts';
import { HitOption } from './search-hit.tsx';

interface SearchResultsProps {
  listId: string;
  /** The searched text; empty before the first search. */
  text: string;
  hits: readonly SearchHit[];
  activeIndex: number;
  found: {
    error: Error | null;
    isFetching: boolean;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
    refetch: () => Promise<unknown>;
  };
  onPoint: (index: number) => void;
  onChoose: (hit: SearchHit) => void;
}

export function SearchResults({
  listId,
  text,
  hits,
  activeIndex,
  found,
  onPoint,
  onChoose,
}: SearchResultsProps) {
  return (
    <div className="min-h-0 overflow-y-auto p-2">
      <output
        className={hits.length > 0 ? 'sr-only' : 'text-muted-foreground block px-3 py-6 text-center text-sm'}
      >
        {found.error === null && statusText(text, hits.length, found.isFetching)}
      </output>
      {found.error !== null && (
        <p role="alert" className="text-danger px-3 pb-4 text-center text-sm">
          {errorText(found.error)}{' '}
          <Button look="link" onClick={() => void found.refetch()}>
            {strings.actions.retry}
          </Button>
        </p>
      )}
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- the options of a datalist can't be styled */}
      <div role="listbox" id={listId} aria-label={strings.search.results}>
        {hits.map((hit, index) => (
          <HitOption
            key={hit.messageId ?? hit.chatId}
            id={`${listId}-${index}`}
            hit={hit}
            isActive={index === activeIndex}
            onPoint={() => onPoint(index)}
            onChoose={() => onChoose(hit)}
          />
        ))}
      </div>
      {text !== '' && <ShowMoreButton list={found} className="mt-1 w-full" />}
    </div>
  );
}

function statusText(text: string, count: number, isFetching: boolean): string {
  if (text === '') return strings.search.hint;
  if (count > 0) return strings.search.resultCount(count);
  return isFetching ? strings.status.loading : strings.search.noResults(text);
}
