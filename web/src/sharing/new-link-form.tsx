import { useMutation } from '@tanstack/react-query';
import { Check, Link } from 'lucide-react';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { shareLinks } from '../server/share-links.ts';
import { Button } from '../shell/button.tsx';
import { copyText } from '../shell/copy-text.ts';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { showError } from '../shell/report-errors.ts';
import { expiresAfter, ExpiryField } from '../shell/expiry-field.tsx';
import { strings } from '../strings/en.ts';
import { refreshShares } from './shares-query.ts';

/** The choices for the expiry of a link, in days; 0 is never. */
const DURATIONS = [0, 7, 30];

interface NewLinkFormProps {
  chatId: string;
  /** The last message of the branch to share. */
  lastMessage: () => string | undefined;
}

export function NewLinkForm({ chatId, lastMessage }: NewLinkFormProps) {
  const words = strings.sharing;
  const [days, setDays] = useState(0);
  const creating = useMutation({
    mutationFn: async () => {
      const { url } = await shareLinks.create(chatId, {
        messageId: lastMessage(),
        expiresAt: expiresAfter(days),
      });
      return new URL(shareLinks.resolveUrl(url), window.location.origin).href;
    },
    onSuccess: () => void refreshShares(),
  });

  function create(event: FormEvent) {
    event.preventDefault();
    creating.mutate();
  }

  return (
    <form onSubmit={create} className="grid gap-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <ExpiryField choices={DURATIONS} days={days} onChange={setDays} className="min-w-40 flex-1" />
        <Button type="submit" look="primary" disabled={creating.isPending}>
          {words.create}
        </Button>
      </div>
      <FormOutcome error={creating.error} done={null} />
      {creating.data !== undefined && (
        <output className="bg-muted grid gap-2 rounded-lg px-3 py-2.5 text-sm">
          {words.shownOnce}
          <code className="text-xs break-all">{creating.data}</code>
          <CopyLink key={creating.data} address={creating.data} />
        </output>
      )}
    </form>
  );
}

export function CopyLink({ address }: { address: string }) {
  const copying = useMutation({ mutationFn: () => copyText(address), onError: showError });
  const Icon = copying.isSuccess ? Check : Link;
  return (
    <Button className="justify-self-start" onClick={() => copying.mutate()}>
      <Icon aria-hidden="true" className="size-4" />
      {copying.isSuccess ? strings.status.linkCopied : strings.actions.copyLink}
    </Button>
  );
}
