import { errorText } from '../server/error-text.ts';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

/** Why the last call failed, beside the box in which its text is kept. */
export function ErrorNotice({ error, onReload }: { error: Error; onReload: () => void }) {
  return (
    <div
      role="alert"
      className="bg-danger-surface text-danger mb-2 flex items-center justify-between gap-3 rounded-xl px-4 py-2 text-sm"
    >
      <span>{errorText(error)}</span>
      <Button look="link" className="text-danger! shrink-0 font-medium" onClick={onReload}>
        {strings.actions.reload}
      </Button>
    </div>
  );
}
