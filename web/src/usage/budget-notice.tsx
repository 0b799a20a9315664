import type { Budget } from '@millrace/protocol';
import { OctagonX, TriangleAlert } from 'lucide-react';
import { Link } from 'wouter';
import { formatReset } from '../format/calendar.ts';
import { formatPercent } from '../format/percent.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { pressureOf } from './budget-pressure.ts';
import type { Pressure } from './budget-pressure.ts';

/** Warns when most of a budget is used, and says so when too little is left for a reply. */
export function BudgetNotice({ budget }: { budget: Budget }) {
  const pressure = pressureOf(budget);
  if (pressure === null) return null;
  const isLow = pressure.state === 'low';
  return (
    <output
      className={`flex items-center gap-3 rounded-xl px-4 py-3 text-sm ${isLow ? 'bg-warning-surface text-warning' : 'bg-danger-surface text-danger'}`}
    >
      {isLow ? (
        <TriangleAlert aria-hidden="true" className="size-5 shrink-0" />
      ) : (
        <OctagonX aria-hidden="true" className="size-5 shrink-0" />
      )}
      <span>
        {textOf(pressure, formatReset(budget.resetsAt))}{' '}
        {pressure.of === 'cap' && (
          <Link href="/settings" className="font-medium underline underline-offset-4">
            {pageStrings.usage.changeCap}
          </Link>
        )}
      </span>
    </output>
  );
}

function textOf({ of, state, share }: Pressure, date: string): string {
  return state === 'low'
    ? pageStrings.usage.low[of](formatPercent(share), date)
    : pageStrings.usage[state][of](date);
}
