import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { apiKeys } from '../server/api-keys.ts';
import { Button } from '../shell/button.tsx';
import { CopyButton } from '../shell/copy-button.tsx';
import { Field } from '../shell/field.tsx';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { pageStrings } from '../strings/en-pages.ts';
import { refreshKeys } from './keys-query.ts';

const DAY = 86_400_000;
/** Days a key may last; 0 is for ever. */
const DURATIONS = [0, 30, 90, 365];

export function NewKeyForm() {
  const { keys } = pageStrings;
  const [name, setName] = useState('');
  const [days, setDays] = useState(0);
  const selectId = useId();
  const making = useMutation({
    mutationFn: () => {
      const expiresAt = days === 0 ? null : new Date(Date.now() + days * DAY).toISOString();
      return apiKeys.create({ name, expiresAt });
    },
    onSuccess: () => {
      setName('');
      void refreshKeys();
    },
  });

  function make(event: FormEvent) {
    event.preventDefault();
    making.mutate();
  }

  return (
    <form onSubmit={make} className="grid gap-4">
      {making.data && (
        <output className="bg-muted grid gap-1 rounded-lg px-3 py-2 text-sm">
          {keys.shownOnce}
          <span className="flex items-center gap-2">
            <code className="min-w-0 break-all">{making.data.key}</code>
            <CopyButton text={making.data.key} />
          </span>
        </output>
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <Field
          label={keys.name}
          hint={keys.nameHint}
          maxLength={100}
          required
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <div className="grid content-start gap-1.5">
          <label htmlFor={selectId} className="text-sm font-medium">
            {keys.lasts}
          </label>
          <select
            id={selectId}
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
            className="border-input bg-background w-full rounded-lg border px-3 py-2 text-base sm:text-sm"
          >
            {DURATIONS.map((duration) => (
              <option key={duration} value={duration}>
                {keys.duration(duration)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button type="submit" look="primary" disabled={making.isPending || name.trim() === ''}>
          {keys.make}
        </Button>
        <FormOutcome error={making.error} done={null} />
      </div>
    </form>
  );
}
