import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { FormEvent } from 'react';
import { parseTokens } from '../format/amounts.ts';
import { chatClient } from '../server/chat-client.ts';
import { meQuery, queryClient } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { Field } from '../shell/field.tsx';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';

/** @param cap tokens per month; null is no cap */
export function MonthlyCapForm({ cap }: { cap: number | null }) {
  const { settings } = pageStrings;
  const [text, setText] = useState(cap === null ? '' : String(cap));
  const [isWrong, setIsWrong] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const saving = useMutation({
    mutationFn: (wanted: number | null) => chatClient.updateMe({ cap: wanted }),
    onSuccess: (me) => {
      queryClient.setQueryData(meQuery.queryKey, me);
      setText(me.budget.cap === null ? '' : String(me.budget.cap));
    },
  });

  function save(event: FormEvent) {
    event.preventDefault();
    const wanted = parseTokens(text);
    const isEmpty = text.trim() === '';
    saving.reset();
    setIsWrong(wanted === null && !isEmpty);
    if (wanted !== null || isEmpty) saving.mutate(wanted);
    else input.current?.focus();
  }

  function remove() {
    setIsWrong(false);
    saving.mutate(null);
  }

  return (
    <form onSubmit={save} noValidate className="grid gap-4">
      <p className="text-muted-foreground text-sm">{settings.capText}</p>
      <div className="max-w-xs">
        <Field
          ref={input}
          label={strings.labels.perMonth(strings.labels.tokens)}
          hint={settings.capHint}
          error={isWrong ? settings.capInvalid : undefined}
          inputMode="numeric"
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button type="submit" look="primary" disabled={saving.isPending}>
          {strings.actions.save}
        </Button>
        {cap !== null && (
          <Button disabled={saving.isPending} onClick={remove}>
            {settings.removeCap}
          </Button>
        )}
        <FormOutcome error={saving.error} done={saving.data ? saved(saving.data.budget.cap) : null} />
      </div>
    </form>
  );
}

function saved(cap: number | null): string {
  const { settings } = pageStrings;
  return cap === null ? settings.capRemoved : settings.capSaved(cap.toLocaleString());
}
