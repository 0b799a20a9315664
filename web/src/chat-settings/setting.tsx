import { useId } from 'react';
import type { ReactNode } from 'react';

export const FIELD =
  'border-input bg-background min-h-10 w-full min-w-0 rounded-lg border px-3 py-2 text-base sm:text-sm';

interface SettingProps {
  label: string;
  /** What it is right now, beside the label. */
  value?: ReactNode;
  hint: string;
  /** The control, by the ids of itself and of its hint. */
  children: (ids: { id: string; 'aria-describedby': string }) => ReactNode;
}

export function Setting({ label, value, hint, children }: SettingProps) {
  const id = useId();
  return (
    <div className="grid content-start gap-1.5">
      <div className="flex min-h-6 items-center justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {value}
      </div>
      {children({ id, 'aria-describedby': `${id}-hint` })}
      <p id={`${id}-hint`} className="text-muted-foreground text-xs">
        {hint}
      </p>
    </div>
  );
}
