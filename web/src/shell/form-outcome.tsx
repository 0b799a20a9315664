import { Check } from 'lucide-react';
import { errorText } from '../server/error-text.ts';

interface FormOutcomeProps {
  error: Error | null;
  /** What was done; null until it is. */
  done: string | null;
}

/** How it went, beside the button that was pressed. */
export function FormOutcome({ error, done }: FormOutcomeProps) {
  return (
    // Always there, since screen readers announce only what changes in it.
    <output className="text-sm">
      {error !== null ? (
        <span className="text-danger">{errorText(error)}</span>
      ) : (
        done !== null && (
          <span className="text-primary flex items-center gap-1.5 font-medium">
            <Check aria-hidden="true" className="size-4 shrink-0" />
            {done}
          </span>
        )
      )}
    </output>
  );
}
