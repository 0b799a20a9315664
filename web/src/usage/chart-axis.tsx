import type { ReactNode } from 'react';

/** @param top tokens at the top of the axis */
export function ChartAxis({ top, children }: { top: number; children: ReactNode }) {
  return (
    <div className="relative h-44 pt-2 pl-11">
      <div aria-hidden="true" className="text-muted-foreground absolute inset-x-0 top-2 bottom-0 text-xs">
        {[top, top / 2, 0].map((tokens) => (
          <div
            key={tokens}
            className="absolute inset-x-0 flex items-center gap-2"
            style={{ bottom: `${(tokens / top) * 100}%`, height: 0 }}
          >
            <span className="w-9 text-right tabular-nums">
              {tokens.toLocaleString(undefined, { notation: 'compact' })}
            </span>
            <span className="h-px flex-1 bg-(--border)" />
          </div>
        ))}
      </div>
      {children}
    </div>
  );
}
