import { useQuery } from '@tanstack/react-query';
import { LoadState } from '../shell/load-state.tsx';
import { strings } from '../strings/en.ts';
import { LinkList } from './link-list.tsx';
import { sharesQuery } from './shares-query.ts';

/** The user's share links, of all chats. */
export function SharedLinks() {
  const words = strings.sharing;
  const { data, error, refetch } = useQuery(sharesQuery());
  if (data === undefined) return <LoadState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <p className="text-muted-foreground mb-2 text-sm">
        {data.length === 0 ? words.noLinks : words.allLinksText}
      </p>
      {data.length > 0 && <LinkList shares={data} />}
    </>
  );
}
