import { errorText } from '../server/error-text.ts';
import { strings } from '../strings/en.ts';
import { Button } from './button.tsx';

/** What stands for something that is asked for: that it is, or why it can't be had. */
export function LoadState({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  if (error === null) {
    return (
      <output className="text-muted-foreground block py-6 text-center text-sm">
        {strings.status.loading}
      </output>
    );
  }
  return (
    <div
      role="alert"
      className="bg-danger-surface text-danger flex flex-wrap items-center justify-between gap-3 rounded-xl px-4 py-2.5 text-sm"
    >
      <span>{errorText(error)}</span>
      <Button look="link" className="text-danger! font-medium" onClick={onRetry}>
        {strings.actions.retry}
      </Button>
    </div>
  );
}
