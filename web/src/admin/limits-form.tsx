import type { AccountLimit, UserAccount } from '@millrace/protocol';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { parseDollars, parseTokens } from '../format/amounts.ts';
import { toDollarInput } from '../format/dollars.ts';
import { administration } from '../server/administration.ts';
import { Button } from '../shell/button.tsx';
import { Card } from '../shell/card.tsx';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { cacheAccount } from './admin-queries.ts';
import { LimitField, parseLimit, toLimitInput } from './limit-field.tsx';

interface LimitsFormProps {
  userId: string;
  limits: UserAccount['limits'];
}

export function LimitsForm({ userId, limits }: LimitsFormProps) {
  const { admin } = pageStrings;
  const [tokens, setTokens] = useState(() => toLimitInput(limits.tokens, String));
  const [dollars, setDollars] = useState(() => toLimitInput(limits.costMicros, toDollarInput));
  const [invalid, setInvalid] = useState({ tokens: false, dollars: false });
  const saving = useMutation({
    mutationFn: (next: { tokens: AccountLimit; costMicros: AccountLimit }) =>
      administration.updateUser(userId, { limits: next }),
    onSuccess: cacheAccount,
  });

  function save(event: FormEvent) {
    event.preventDefault();
    saving.reset();
    const next = { tokens: parseLimit(tokens, parseTokens), costMicros: parseLimit(dollars, parseDollars) };
    setInvalid({ tokens: next.tokens === null, dollars: next.costMicros === null });
    if (next.tokens === null || next.costMicros === null) return;
    saving.mutate({ tokens: next.tokens, costMicros: next.costMicros });
  }

  return (
    <Card title={admin.limits}>
      <form onSubmit={save} noValidate className="grid gap-4">
        <p className="text-muted-foreground text-sm">{admin.limitsText}</p>
        <LimitField
          label={strings.labels.tokens}
          limit={tokens}
          onChange={setTokens}
          inputMode="numeric"
          error={invalid.tokens ? admin.invalidTokens : undefined}
        />
        <LimitField
          label={strings.labels.dollars}
          limit={dollars}
          onChange={setDollars}
          inputMode="decimal"
          error={invalid.dollars ? admin.invalidDollars : undefined}
        />
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Button type="submit" look="primary" disabled={saving.isPending}>
            {admin.saveLimits}
          </Button>
          <FormOutcome error={saving.error} done={saving.isSuccess ? admin.limitsSaved : null} />
        </div>
      </form>
    </Card>
  );
}
