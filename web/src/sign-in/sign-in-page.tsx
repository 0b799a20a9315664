import type { User } from '@millrace/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { accounts } from '../server/accounts.ts';
import { errorText } from '../server/error-text.ts';
import { queryClient, sessionOptionsQuery } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { Logo } from '../shell/logo.tsx';
import { strings } from '../strings/en.ts';
import { AccountForm } from './account-form.tsx';
import { SignInElsewhere } from './sign-in-elsewhere.tsx';

/** @param guest the signed-in guest who is creating an account; null without a signed-in user */
export function SignInPage({ guest }: { guest: User | null }) {
  const [isSigningUp, setIsSigningUp] = useState(true);
  const [location, navigate] = useLocation();
  const options = useQuery(sessionOptionsQuery);
  const session = useMutation({
    mutationFn: (authenticate: () => Promise<unknown>) => authenticate(),
    onSuccess: async () => {
      if (guest !== null || location === '/sign-up' || window.location.search !== '')
        navigate('/', { replace: true });
      await queryClient.invalidateQueries();
    },
  });

  if (options.data?.signIn === false) return <SignInElsewhere />;
  return (
    <main className="grid min-h-full place-items-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 grid justify-items-center gap-3 text-center">
          <Logo className="size-11" />
          <h1 className="text-xl font-semibold tracking-tight">{strings.signIn.welcome}</h1>
          <p className="text-muted-foreground -mt-2 text-sm">{strings.signIn.tagline}</p>
        </div>
        <section className="bg-card shadow-float grid gap-4 rounded-2xl border p-6">
          <div>
            <h2 className="font-semibold">
              {isSigningUp ? strings.signIn.signUpTitle : strings.signIn.signIn}
            </h2>
            {guest && <p className="text-muted-foreground mt-1 text-sm">{strings.signIn.keepChats}</p>}
          </div>
          {session.isError && (
            <p role="alert" className="bg-danger-surface text-danger rounded-lg px-3 py-2 text-sm">
              {errorText(session.error)}
            </p>
          )}
          <AccountForm
            key={String(isSigningUp)}
            isSigningUp={isSigningUp}
            setupTokenRequired={options.data?.setupTokenRequired ?? false}
            isBusy={session.isPending}
            onSubmit={session.mutate}
          />
          {!guest && options.data?.guests && (
            <>
              <div className="text-muted-foreground flex items-center gap-3 text-xs">
                <span className="h-px flex-1 bg-(--border)" />
                {strings.signIn.or}
                <span className="h-px flex-1 bg-(--border)" />
              </div>
              <Button
                disabled={session.isPending}
                onClick={() => session.mutate(() => accounts.signInAsGuest())}
              >
                {strings.signIn.guest}
              </Button>
            </>
          )}
        </section>
        <div className="mt-4 flex justify-center gap-4">
          <Button
            look="link"
            onClick={() => {
              session.reset();
              setIsSigningUp(!isSigningUp);
            }}
          >
            {isSigningUp ? strings.signIn.toSignIn : strings.signIn.toSignUp}
          </Button>
          {guest && (
            <Button look="link" onClick={() => navigate('/')}>
              {strings.signIn.back}
            </Button>
          )}
        </div>
      </div>
    </main>
  );
}
