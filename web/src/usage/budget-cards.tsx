import type { Budget } from '@millrace/protocol';
import type { ReactNode } from 'react';
import { formatReset } from '../format/calendar.ts';
import { formatDollars } from '../format/dollars.ts';
import { formatPercent } from '../format/percent.ts';
import { Card } from '../shell/card.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { shareOf } from './budget-pressure.ts';
import { costText } from './cost-text.ts';
import { BudgetBar } from './budget-bar.tsx';

/** The month's tokens and costs: used, reserved and left. */
export function BudgetCards({ budget }: { budget: Budget }) {
  const { usage } = pageStrings;
  const tokens = (count: number | null) => count?.toLocaleString() ?? strings.labels.none;
  const costLeft =
    budget.cost.limit === null
      ? null
      : Math.max(0, budget.cost.limit - budget.cost.used - budget.cost.reserved);
  const resets: [string, string] = [usage.resets, usage.resetsOn(formatReset(budget.resetsAt))];
  return (
    <div className="grid gap-5 md:grid-cols-2">
      <BudgetCard
        title={strings.labels.tokens}
        amounts={budget}
        used={budget.used.toLocaleString()}
        limit={budget.limit?.toLocaleString() ?? null}
        facts={[
          ...(budget.remaining === null ? [] : [[usage.left, tokens(budget.remaining)] as const]),
          [usage.reserved, tokens(budget.reserved)],
          [usage.granted, tokens(budget.granted)],
          [usage.cap, tokens(budget.cap)],
          resets,
        ]}
      />
      <BudgetCard
        title={usage.cost}
        amounts={budget.cost}
        used={costText({ tokens: budget.used, costMicros: budget.cost.used })}
        limit={budget.cost.limit === null ? null : formatDollars(budget.cost.limit)}
        facts={[
          ...(costLeft === null ? [] : [[usage.left, formatDollars(costLeft)] as const]),
          [usage.reserved, formatDollars(budget.cost.reserved)],
          [usage.granted, formatDollars(budget.cost.granted)],
          resets,
        ]}
      />
    </div>
  );
}

interface BudgetCardProps {
  title: string;
  amounts: { used: number; reserved: number; limit: number | null };
  used: string;
  limit: string | null;
  facts: readonly (readonly [term: string, value: ReactNode])[];
}

function BudgetCard({ title, amounts, used, limit, facts }: BudgetCardProps) {
  const { usage } = pageStrings;
  return (
    <Card
      title={title}
      aside={
        amounts.limit !== null && (
          <span className="text-muted-foreground text-sm tabular-nums">
            {formatPercent(shareOf(amounts.used, amounts.limit))}
          </span>
        )
      }
    >
      <p className="tabular-nums">
        <span className="text-2xl font-semibold tracking-tight">{used}</span>{' '}
        <span className="text-muted-foreground text-sm">
          {limit === null ? strings.labels.noLimit : usage.ofLimit(limit)}
        </span>
      </p>
      {amounts.limit !== null && <BudgetBar {...amounts} limit={amounts.limit} className="mt-3 h-2" />}
      <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-2.5 text-sm">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt className="text-muted-foreground text-xs">{term}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
