import { useQuery } from '@tanstack/react-query';
import { modelsQuery } from '../server/queries.ts';
import { LoadState } from '../shell/load-state.tsx';
import { Page } from '../shell/page.tsx';
import { strings } from '../strings/en.ts';
import { BudgetCards } from './budget-cards.tsx';
import { BudgetNotice } from './budget-notice.tsx';
import { pricingOf } from './pricing.ts';
import { UsageBreakdown } from './usage-breakdown.tsx';
import { usageQuery } from './usage-query.ts';

/** The signed-in user's usage this month. */
export function UsagePage() {
  const usage = useQuery(usageQuery);
  const models = useQuery(modelsQuery);
  const error = usage.error ?? models.error;

  return (
    <Page title={strings.shell.usage}>
      {usage.data && models.data ? (
        <>
          <BudgetNotice budget={usage.data.budget} />
          <BudgetCards budget={usage.data.budget} />
          <UsageBreakdown
            report={usage.data}
            pricing={pricingOf(usage.data, models.data)}
            askedAt={usage.dataUpdatedAt}
          />
        </>
      ) : (
        <LoadState
          error={error}
          onRetry={() => {
            void usage.refetch();
            void models.refetch();
          }}
        />
      )}
    </Page>
  );
}
