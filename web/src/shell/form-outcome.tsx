import { Check } from 'lucide-react';
import { errorText } from '../server/error-text.ts';

interface FormOutcomeProps {
  error: Error | null;
  /** The success message; null until the action succeeds. */
  done: string | null;
}

/** The success or error message beside a form's button. */
export function FormOutcome({ error, done }: FormOutcomeProps) {
  return (
    // Always rendered: screen readers announce only changes inside an existing element.
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
