import { strings } from '../strings/en.ts';
import { Button } from './button.tsx';

interface FailurePageProps {
  text: string;
  /** What the button says. */
  action: string;
  onAction: () => void;
}

/** Shown in place of a page that can't be loaded. */
export function FailurePage({ text, action, onAction }: FailurePageProps) {
  return (
    <main className="grid h-full flex-1 place-content-center justify-items-center gap-4 p-6 text-center">
      <h1 className="text-lg font-semibold">{strings.appName}</h1>
      <p className="text-muted-foreground" role="alert">
        {text}
      </p>
      <Button onClick={onAction}>{action}</Button>
    </main>
  );
}

/** After a deployment an open page asks for files that are gone, until it is reloaded. */
export function ReloadPage() {
  return (
    <FailurePage
      text={strings.errors.serverUnreachable}
      action={strings.actions.reload}
      onAction={() => window.location.reload()}
    />
  );
}
