import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { apiKeys } from '../server/api-keys.ts';
import { Button } from '../shell/button.tsx';
import { CopyButton } from '../shell/copy-button.tsx';
import { Field } from '../shell/field.tsx';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { expiresAfter, ExpiryField } from '../shell/expiry-field.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { refreshKeys } from './keys-query.ts';

/** The choices for the expiry of a key, in days; 0 is never. */
const DURATIONS = [0, 30, 90, 365];

export function NewKeyForm() {
  const { keys } = pageStrings;
  const [name, setName] = useState('');
  const [days, setDays] = useState(0);
  const creating = useMutation({
    mutationFn: () => apiKeys.create({ name, expiresAt: expiresAfter(days) }),
    onSuccess: () => {
      setName('');
      void refreshKeys();
    },
  });

  function create(event: FormEvent) {
    event.preventDefault();
    creating.mutate();
  }

  return (
    <form onSubmit={create} className="grid gap-4">
      {creating.data && (
        <output className="bg-muted grid gap-1 rounded-lg px-3 py-2 text-sm">
          {keys.shownOnce}
          <span className="flex items-center gap-2">
            <code className="min-w-0 break-all">{creating.data.key}</code>
            <CopyButton text={creating.data.key} />
          </span>
        </output>
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <Field
          label={strings.labels.name}
          hint={keys.nameHint}
          maxLength={100}
          required
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <ExpiryField choices={DURATIONS} days={days} onChange={setDays} className="content-start" />
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button type="submit" look="primary" disabled={creating.isPending || name.trim() === ''}>
          {keys.create}
        </Button>
        <FormOutcome error={creating.error} done={null} />
      </div>
    </form>
  );
}
