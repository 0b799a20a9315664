import { useMutation } from '@tanstack/react-query';
import { Check, Link } from 'lucide-react';
import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { shareLinks } from '../server/share-links.ts';
import { Button } from '../shell/button.tsx';
import { copyText } from '../shell/copy-text.ts';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { strings } from '../strings/en.ts';
import { refreshShares } from './shares-query.ts';

const DAY = 86_400_000;
/** Days a link may last; 0 is for ever. */
const DURATIONS = [0, 7, 30];

interface NewLinkFormProps {
  chatId: string;
  /** The end of the branch to be shared. */
  lastMessage: () => string | undefined;
}

export function NewLinkForm({ chatId, lastMessage }: NewLinkFormProps) {
  const words = strings.sharing;
  const selectId = useId();
  const [days, setDays] = useState(0);
  const making = useMutation({
    mutationFn: async () => {
      const expiresAt = days === 0 ? null : new Date(Date.now() + days * DAY).toISOString();
      const { url } = await shareLinks.create(chatId, { messageId: lastMessage(), expiresAt });
      return new URL(shareLinks.address(url), window.location.origin).href;
    },
    onSuccess: () => void refreshShares(),
  });

  function make(event: FormEvent) {
    event.preventDefault();
    making.mutate();
  }

  return (
    <form onSubmit={make} className="grid gap-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="grid min-w-40 flex-1 gap-1.5">
          <label htmlFor={selectId} className="text-sm font-medium">
            {words.ends}
          </label>
          <select
            id={selectId}
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
            className="border-input bg-background w-full rounded-lg border px-3 py-2 text-base sm:text-sm"
          >
            {DURATIONS.map((duration) => (
              <option key={duration} value={duration}>
                {words.duration(duration)}
              </option>
            ))}
          </select>
        </div>
        <Button type="submit" look="primary" disabled={making.isPending}>
          {words.make}
        </Button>
      </div>
      <FormOutcome error={making.error} done={null} />
      {making.data !== undefined && (
        <output className="bg-muted grid gap-2 rounded-lg px-3 py-2.5 text-sm">
          {words.copyNow}
          <code className="text-xs break-all">{making.data}</code>
          <CopyLink key={making.data} address={making.data} />
        </output>
      )}
    </form>
  );
}

export function CopyLink({ address }: { address: string }) {
  const words = strings.sharing;
  const copying = useMutation({ mutationFn: () => copyText(address) });
  const Icon = copying.isSuccess ? Check : Link;
  return (
    <Button className="justify-self-start" onClick={() => copying.mutate()}>
      <Icon aria-hidden="true" className="size-4" />
      {copying.isSuccess ? words.linkCopied : words.copyLink}
    </Button>
  );
}
