import { errorText } from '../server/error-text.ts';
import { Button } from './button.tsx';

interface ErrorAlertProps {
  error: Error;
  /** What the button says. */
  action: string;
  onAction: () => void;
  className?: string;
}

export function ErrorAlert({ error, action, onAction, className = '' }: ErrorAlertProps) {
  return (
    <div
      role="alert"
      className={`bg-danger-surface text-danger flex flex-wrap items-center justify-between gap-3 rounded-xl px-4 py-2.5 text-sm ${className}`}
    >
      <span>{errorText(error)}</span>
      <Button look="link" className="text-danger! shrink-0 font-medium" onClick={onAction}>
        {action}
      </Button>
    </div>
  );
}
