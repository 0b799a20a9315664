import { strings } from '../strings/en.ts';
import { ErrorAlert } from './error-alert.tsx';

/** Stands in for data that is loading or could not be loaded. */
export function LoadState({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  if (error !== null) return <ErrorAlert error={error} action={strings.actions.retry} onAction={onRetry} />;
  return (
    <output className="text-muted-foreground block py-6 text-center text-sm">{strings.status.loading}</output>
  );
}
