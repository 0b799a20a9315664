import { useQuery } from '@tanstack/react-query';
import { Card } from '../shell/card.tsx';
import { LoadState } from '../shell/load-state.tsx';
import { Page } from '../shell/page.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { ratingsQuery } from './admin-queries.ts';
import { AdminSections } from './admin-sections.tsx';

/** Counts the ratings of each model. The notes that users wrote stay private. */
export function RatingsPage() {
  const { admin } = pageStrings;
  const ratings = useQuery(ratingsQuery);
  return (
    <Page title={admin.ratings}>
      <AdminSections current="/admin/ratings" />
      <Card title={admin.ratings}>
        {ratings.data === undefined ? (
          <LoadState error={ratings.error} onRetry={() => void ratings.refetch()} />
        ) : ratings.data.length === 0 ? (
          <p className="text-muted-foreground text-sm">{admin.noRatings}</p>
        ) : (
          <table className="w-full text-sm tabular-nums">
            <thead className="text-muted-foreground border-b text-left text-xs [&_th]:py-2 [&_th]:font-medium">
              <tr>
                <th>{strings.labels.model}</th>
                <th className="w-20 text-right">{admin.good}</th>
                <th className="w-20 text-right">{admin.bad}</th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {ratings.data.map(({ model, good, bad }) => (
                <tr key={model} className="[&>*]:py-2.5">
                  <th scope="row" className="text-left font-medium break-all">
                    {model}
                  </th>
                  <td className="text-right">{good.toLocaleString()}</td>
                  <td className="text-right">{bad.toLocaleString()}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
    </Page>
  );
}
