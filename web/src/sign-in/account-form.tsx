import { useState } from 'react';
import type { FormEvent } from 'react';
import { accounts } from '../server/accounts.ts';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { Field } from '../shell/field.tsx';

interface AccountFormProps {
  isSigningUp: boolean;
  setupTokenRequired: boolean;
  isBusy: boolean;
  onSubmit: (authenticate: () => Promise<unknown>) => void;
}

/** Sign-up or sign-in with a password. */
export function AccountForm({ isSigningUp, setupTokenRequired, isBusy, onSubmit }: AccountFormProps) {
  const [linkedToken] = useState(() => new URLSearchParams(window.location.search).get('setup'));

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => {
      const value = form.get(name);
      return typeof value === 'string' ? value : '';
    };
    const credentials = { email: field('email').trim(), password: field('password') };
    const setupToken = linkedToken ?? (setupTokenRequired ? field('setup-token').trim() : undefined);
    onSubmit(() =>
      isSigningUp
        ? accounts.signUp({ name: field('name').trim(), ...credentials }, { setupToken })
        : accounts.signIn(credentials),
    );
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
      {isSigningUp && <Field label={strings.labels.name} name="name" autoComplete="name" required />}
      <Field label={strings.labels.email} name="email" type="email" autoComplete="email" required />
      <Field
        label={strings.signIn.password}
        name="password"
        type="password"
        autoComplete={isSigningUp ? 'new-password' : 'current-password'}
        minLength={8}
        required
        {...(isSigningUp && { hint: strings.signIn.passwordHint })}
      />
      {isSigningUp && setupTokenRequired && linkedToken === null && (
        <Field
          label={strings.signIn.setupToken}
          name="setup-token"
          autoComplete="off"
          hint={strings.signIn.setupTokenHint}
        />
      )}
      <Button type="submit" look="primary" disabled={isBusy} className="mt-1 w-full">
        {isSigningUp ? strings.signIn.signUp : strings.signIn.signIn}
      </Button>
    </form>
  );
}
