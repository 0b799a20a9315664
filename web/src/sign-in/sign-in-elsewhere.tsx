import { queryClient } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { Logo } from '../shell/logo.tsx';
import { strings } from '../strings/en.ts';

/** Shown where the host application authenticates users. */
export function SignInElsewhere() {
  return (
    <main className="grid min-h-full place-content-center justify-items-center gap-4 p-4 text-center">
      <Logo className="size-11" />
      <h1 className="text-xl font-semibold tracking-tight">{strings.signIn.signIn}</h1>
      <p className="text-muted-foreground text-sm">{strings.signIn.elsewhere}</p>
      <Button onClick={() => void queryClient.invalidateQueries()}>{strings.actions.retry}</Button>
    </main>
  );
}
