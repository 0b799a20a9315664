import { useId } from 'react';
import type { ComponentProps } from 'react';

/** How text fields and selects look. */
export const FIELD_CLASS =
  'border-input bg-background aria-invalid:border-danger min-h-10 w-full min-w-0 rounded-lg border px-3 py-2 text-base sm:text-sm';

type FieldProps = ComponentProps<'input'> & {
  label: string;
  hint?: string;
  /** Why the value is invalid; shown instead of the hint. */
  error?: string | undefined;
};

export function Field({ label, hint, error, ...props }: FieldProps) {
  const id = useId();
  const isInvalid = error !== undefined;
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={isInvalid || hint !== undefined ? `${id}-hint` : undefined}
        aria-invalid={isInvalid || undefined}
        className={FIELD_CLASS}
        {...props}
      />
      {isInvalid && (
        <p id={`${id}-hint`} role="alert" className="text-danger text-xs">
          {error}
        </p>
      )}
      {!isInvalid && hint !== undefined && (
        <p id={`${id}-hint`} className="text-muted-foreground text-xs">
          {hint}
        </p>
      )}
    </div>
  );
}
