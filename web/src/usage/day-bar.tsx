import type { UsageSum } from '@millrace/protocol';

interface DayBarProps {
  /** `2026-11-21` */
  day: string;
  sum: UsageSum | undefined;
  /** Tokens at the top of the axis. */
  top: number;
  isFuture: boolean;
  isPicked: boolean;
  onPick: () => void;
}

/** The bar of one day, its estimated part hatched. Hidden from screen readers: the table has the same figures. */
export function DayBar({ day, sum, top, isFuture, isPicked, onPick }: DayBarProps) {
  const tokens = sum?.tokens ?? 0;
  const estimated = sum?.tokensBySource.estimate ?? 0;
  const number = Number(day.slice(-2));
  return (
    <div
      aria-hidden="true"
      data-day={day}
      onPointerEnter={onPick}
      onPointerDown={onPick}
      className={`relative flex h-full flex-1 flex-col justify-end rounded-t-sm px-px ${isPicked ? 'bg-muted' : ''}`}
    >
      {tokens > 0 ? (
        <span
          className="flex min-h-1 flex-col justify-end overflow-hidden rounded-t-xs"
          style={{ height: `${(tokens / top) * 100}%` }}
        >
          <span className="hatched" style={{ height: `${(estimated / tokens) * 100}%` }} />
          <span className="bg-primary flex-1" />
        </span>
      ) : (
        !isFuture && <span className="h-0.5 bg-(--border)" />
      )}
      {number % 7 === 1 && (
        <span className="text-muted-foreground absolute top-full left-1/2 mt-1.5 -translate-x-1/2 text-xs tabular-nums">
          {number}
        </span>
      )}
    </div>
  );
}
