import { useQuery } from '@tanstack/react-query';
import { modelsQuery } from '../server/queries.ts';
import { LoadState } from '../shell/load-state.tsx';
import { pricingOf } from '../usage/pricing.ts';
import { UsageBreakdown } from '../usage/usage-breakdown.tsx';
import { userUsageQuery } from './admin-queries.ts';

export function UserUsage({ userId }: { userId: string }) {
  const usage = useQuery(userUsageQuery(userId));
  const models = useQuery(modelsQuery);
  if (!usage.data || !models.data) {
    const retry = () => {
      void usage.refetch();
      void models.refetch();
    };
    return <LoadState error={usage.error ?? models.error} onRetry={retry} />;
  }
  return (
    <UsageBreakdown
      report={usage.data}
      pricing={pricingOf(usage.data, models.data)}
      askedAt={usage.dataUpdatedAt}
      withChats={false}
    />
  );
}
