import { strings } from '../strings/en.ts';
import { Button } from './button.tsx';

interface ShowMoreButtonProps {
  /** A list that is loaded page by page. */
  list: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
  };
  className?: string;
}

/** Loads the next page of a list, if there is one. */
export function ShowMoreButton({ list, className = '' }: ShowMoreButtonProps) {
  if (!list.hasNextPage) return null;
  return (
    <Button
      look="link"
      className={className}
      disabled={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
    >
      {strings.actions.showMore}
    </Button>
  );
}
