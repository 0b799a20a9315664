import type { ApiKey } from '@millrace/protocol';
import { useState } from 'react';
import { formatDate } from '../format/calendar.ts';
import { apiKeys } from '../server/api-keys.ts';
import { Button } from '../shell/button.tsx';
import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { refreshKeys } from './keys-query.ts';

export function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const { keys } = pageStrings;
  const { id, name, prefix, lastUsedAt, expiresAt } = apiKey;
  const [isAsking, setIsAsking] = useState(false);

  async function revoke() {
    await apiKeys.revoke(id);
    await refreshKeys();
  }

  const facts = [
    strings.labels.created(formatDate(apiKey.createdAt)),
    lastUsedAt === null ? keys.neverUsed : keys.lastUsed(formatDate(lastUsedAt)),
    ...(expiresAt === null ? [] : [strings.labels.expires(formatDate(expiresAt))]),
  ];
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2 text-sm">
      <div className="min-w-0">
        <p className="break-words">
          {name} <code className="text-muted-foreground text-xs">{prefix}…</code>
        </p>
        <p className="text-muted-foreground text-xs">{facts.join(' · ')}</p>
      </div>
      <Button look="link" aria-label={keys.revokeNamed(name)} onClick={() => setIsAsking(true)}>
        {strings.actions.revoke}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={keys.revokeTitle}
          text={keys.revokeText(name)}
          actionLabel={strings.actions.revoke}
          onConfirm={revoke}
          onClose={() => setIsAsking(false)}
        />
      )}
    </li>
  );
}
