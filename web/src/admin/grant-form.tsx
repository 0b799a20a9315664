import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { parseDollars, parseTokens } from '../format/amounts.ts';
import { administration } from '../server/administration.ts';
import { Button } from '../shell/button.tsx';
import { Card } from '../shell/card.tsx';
import { Field } from '../shell/field.tsx';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { cacheAccount } from './admin-queries.ts';
import { amountText } from './audit-action-text.ts';

const EMPTY_FORM = { tokens: '', dollars: '', note: '' };

export function GrantForm({ userId }: { userId: string }) {
  const { admin } = pageStrings;
  const [typed, setTyped] = useState(EMPTY_FORM);
  const [wrong, setWrong] = useState<{ tokens?: string; dollars?: string }>({});
  const granting = useMutation({
    mutationFn: (grant: { tokens: number; costMicros: number; note: string }) =>
      administration.grant(userId, grant),
    onSuccess: (account) => {
      setTyped(EMPTY_FORM);
      cacheAccount(account);
    },
  });
  const type = (field: keyof typeof EMPTY_FORM) => (event: { target: { value: string } }) =>
    setTyped({ ...typed, [field]: event.target.value });

  function grant(event: FormEvent) {
    event.preventDefault();
    granting.reset();
    const tokens = parseTokens(typed.tokens || '0');
    const costMicros = parseDollars(typed.dollars || '0');
    setWrong({
      ...(tokens === null && { tokens: admin.invalidTokens }),
      ...(costMicros === null && { dollars: admin.invalidDollars }),
      ...(tokens === 0 && costMicros === 0 && { tokens: admin.emptyGrant }),
    });
    if (tokens === null || costMicros === null || tokens + costMicros === 0) return;
    granting.mutate({ tokens, costMicros, note: typed.note });
  }

  return (
    <Card title={admin.grantTitle}>
      <form onSubmit={grant} noValidate className="grid gap-4">
        <p className="text-muted-foreground text-sm">{admin.grantText}</p>
        <div className="grid grid-cols-2 gap-3">
          <Field
            label={strings.labels.tokens}
            error={wrong.tokens}
            inputMode="numeric"
            autoComplete="off"
            value={typed.tokens}
            onChange={type('tokens')}
          />
          <Field
            label={strings.labels.dollars}
            error={wrong.dollars}
            inputMode="decimal"
            autoComplete="off"
            value={typed.dollars}
            onChange={type('dollars')}
          />
        </div>
        <Field
          label={admin.note}
          hint={admin.noteHint}
          maxLength={500}
          value={typed.note}
          onChange={type('note')}
        />
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Button type="submit" look="primary" disabled={granting.isPending}>
            {admin.grant}
          </Button>
          <FormOutcome
            error={granting.error}
            done={granting.isSuccess ? admin.granted(amountText(granting.variables)) : null}
          />
        </div>
      </form>
    </Card>
  );
}
