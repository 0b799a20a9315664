import { useInfiniteQuery } from '@tanstack/react-query';
import { Card } from '../shell/card.tsx';
import { LoadState } from '../shell/load-state.tsx';
import { Page } from '../shell/page.tsx';
import { ShowMoreButton } from '../shell/show-more-button.tsx';
import { pageStrings } from '../strings/en-pages.ts';
import { auditQuery } from './admin-queries.ts';
import { AdminSections } from './admin-sections.tsx';
import { AuditRow } from './audit-row.tsx';
import { LedgerCheck } from './ledger-check.tsx';

export function AuditPage() {
  const { admin } = pageStrings;
  const audit = useInfiniteQuery(auditQuery);
  const entries = audit.data?.pages.flatMap(({ items }) => items);
  return (
    <Page title={admin.auditAndLedger}>
      <AdminSections current="/admin/audit" />
      <LedgerCheck />
      <Card title={admin.audit}>
        {entries === undefined ? (
          <LoadState error={audit.error} onRetry={() => void audit.refetch()} />
        ) : entries.length === 0 ? (
          <p className="text-muted-foreground text-sm">{admin.auditEmpty}</p>
        ) : (
          <ul className="divide-y">
            {entries.map((entry) => (
              <AuditRow key={entry.id} entry={entry} />
            ))}
          </ul>
        )}
        <ShowMoreButton list={audit} className="mt-2" />
      </Card>
    </Page>
  );
}
