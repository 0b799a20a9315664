import { useId } from 'react';
import type { ReactNode } from 'react';

interface SettingProps {
  label: string;
  /** The current value, shown beside the label. */
  value?: ReactNode;
  hint: string;
  /** Renders the control with its id and the id of its hint. */
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
