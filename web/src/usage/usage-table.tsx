import type { UsageSum } from '@millrace/protocol';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { formatPercent } from '../format/percent.ts';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';

/** The rest is shown on request. */
const FIRST_ROWS = 10;

interface UsageTableProps<Sum extends UsageSum> {
  /** The heading of the first column. */
  what: string;
  sums: readonly Sum[];
  /** All tokens of the month. */
  total: number;
  nameOf: (sum: Sum) => ReactNode;
  costOf: (sum: Sum) => string;
}

export function UsageTable<Sum extends UsageSum>(props: UsageTableProps<Sum>) {
  const { what, sums, total, nameOf, costOf } = props;
  const { usage } = pageStrings;
  const [showsAll, setShowsAll] = useState(false);
  const shareText = ({ tokens }: Sum) => formatPercent(total === 0 ? 0 : tokens / total);
  const shown = showsAll ? sums : sums.slice(0, FIRST_ROWS);
  return (
    <>
      <table className="w-full table-fixed text-sm tabular-nums">
        <thead className="text-muted-foreground border-b text-right text-xs [&_th]:pb-2 [&_th]:font-medium">
          <tr>
            <th className="text-left">{what}</th>
            <th className="hidden w-20 sm:table-cell">{usage.replies}</th>
            <th className="w-26 sm:w-32">{strings.labels.tokens}</th>
            <th className="hidden w-20 sm:table-cell">{usage.share}</th>
            <th className="w-20 sm:w-32">{usage.cost}</th>
          </tr>
        </thead>
        <tbody className="divide-y text-right">
          {shown.map((sum) => (
            <tr key={sum.key} className="align-top [&>*]:py-2">
              <th scope="row" className="pr-3 text-left font-normal">
                <span className="line-clamp-2 break-words sm:line-clamp-1">{nameOf(sum)}</span>
              </th>
              <td className="hidden sm:table-cell">{sum.replies.toLocaleString()}</td>
              <td>
                {sum.tokens.toLocaleString()}
                {sum.tokensBySource.estimate > 0 && (
                  <span className="text-muted-foreground block text-xs">
                    {usage.estimatedCount(sum.tokensBySource.estimate.toLocaleString())}
                  </span>
                )}
              </td>
              <td className="hidden sm:table-cell">{shareText(sum)}</td>
              <td>
                {costOf(sum)}
                <span className="text-muted-foreground block text-xs sm:hidden">{shareText(sum)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < sums.length && (
        <Button look="link" className="mt-2" onClick={() => setShowsAll(true)}>
          {usage.showAll(sums.length)}
        </Button>
      )}
    </>
  );
}
