import { useId } from 'react';
import type { ComponentProps } from 'react';

type FieldProps = ComponentProps<'input'> & {
  label: string;
  hint?: string;
  /** What is wrong with what is in it; said in place of the hint. */
  error?: string | undefined;
};

export function Field({ label, hint, error, ...props }: FieldProps) {
  const id = useId();
  const isWrong = error !== undefined;
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={isWrong || hint !== undefined ? `${id}-hint` : undefined}
        aria-invalid={isWrong || undefined}
        className="border-input bg-background aria-invalid:border-danger w-full min-w-0 rounded-lg border px-3 py-2 text-base sm:text-sm"
        {...props}
      />
      {isWrong && (
        <p id={`${id}-hint`} role="alert" className="text-danger text-xs">
          {error}
        </p>
      )}
      {!isWrong && hint !== undefined && (
        <p id={`${id}-hint`} className="text-muted-foreground text-xs">
          {hint}
        </p>
      )}
    </div>
  );
}
