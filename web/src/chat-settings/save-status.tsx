import { Check } from 'lucide-react';
import { errorText } from '../server/error-text.ts';
import { strings } from '../strings/en.ts';

interface SaveStatusProps {
  isSaving: boolean;
  isSaved: boolean;
  error: Error | null;
}

/** Says whether the changes are saved. */
export function SaveStatus({ isSaving, isSaved, error }: SaveStatusProps) {
  return (
    <div className="min-w-0 text-sm">
      <output className="text-muted-foreground flex items-center gap-1.5">
        {isSaved && <Check aria-hidden="true" className="text-primary size-4" />}
        {isSaving ? strings.status.saving : isSaved ? strings.status.saved : ''}
      </output>
      {error && (
        <p role="alert" className="text-danger">
          {errorText(error)}
        </p>
      )}
    </div>
  );
}
