import type { ComponentProps } from 'react';

type ButtonProps = ComponentProps<'button'> & { look?: keyof typeof LOOKS };

const LOOKS = {
  primary: 'bg-primary text-primary-foreground hover:bg-primary-hover px-4 py-2 font-medium',
  plain: 'border bg-card hover:bg-muted px-4 py-2 font-medium',
  danger: 'bg-danger text-background hover:opacity-90 px-4 py-2 font-medium',
  link: 'text-primary underline-offset-4 hover:underline px-1 py-0.5',
};

export function Button({ look = 'plain', className = '', ...props }: ButtonProps) {
  return (
    <button
      type="button"
      className={`inline-flex items-center justify-center gap-2 rounded-lg text-sm transition-colors disabled:opacity-55 ${LOOKS[look]} ${className}`}
      {...props}
    />
  );
}

/** A button that shows only an icon. `label` is its accessible name. */
export function IconButton({
  label,
  className = '',
  ...props
}: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`text-muted-foreground hover:bg-muted hover:text-foreground inline-grid size-9 shrink-0 place-content-center rounded-lg transition-colors ${className}`}
      {...props}
    />
  );
}
