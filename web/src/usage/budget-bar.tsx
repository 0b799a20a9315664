import { LOW_BUDGET_SHARE, shareOf } from './budget-pressure.ts';

interface BudgetBarProps {
  used: number;
  /** Reserved for running replies. */
  reserved: number;
  limit: number;
  className?: string;
}

/** How much of a limit is used and reserved. Hidden from screen readers: the figures stand beside it. */
export function BudgetBar({ used, reserved, limit, className = '' }: BudgetBarProps) {
  const share = shareOf(used, limit);
  const reservedShare = limit === 0 ? 0 : Math.min(1 - share, reserved / limit);
  const color = share >= 1 ? 'bg-danger' : share >= LOW_BUDGET_SHARE ? 'bg-warning' : 'bg-primary';
  return (
    <div aria-hidden="true" className={`bg-muted flex overflow-hidden rounded-full ${className}`}>
      <span className={color} style={{ width: `${share * 100}%`, minWidth: share > 0 ? 3 : 0 }} />
      <span className="hatched" style={{ width: `${reservedShare * 100}%` }} />
    </div>
  );
}
