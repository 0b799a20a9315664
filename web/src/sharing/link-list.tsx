import type { Share } from '@millrace/protocol';
import { useState } from 'react';
import { formatDate } from '../format/calendar.ts';
import { shareLinks } from '../server/share-links.ts';
import { Button } from '../shell/button.tsx';
import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { strings } from '../strings/en.ts';
import { refreshShares } from './shares-query.ts';

export function LinkList({ shares }: { shares: readonly Share[] }) {
  return (
    <ul className="divide-y">
      {shares.map((share) => (
        <LinkRow key={share.id} share={share} />
      ))}
    </ul>
  );
}

function LinkRow({ share }: { share: Share }) {
  const words = strings.sharing;
  const [isAsking, setIsAsking] = useState(false);
  const title = share.title ?? words.untitled;
  const facts = [
    words.messages(share.messageCount),
    strings.labels.created(formatDate(share.createdAt)),
    ...(share.expiresAt === null ? [] : [strings.labels.expires(formatDate(share.expiresAt))]),
  ];

  async function revoke() {
    await shareLinks.revoke(share);
    await refreshShares();
  }

  return (
    <li className="flex items-center justify-between gap-4 py-2 text-sm">
      <div className="min-w-0">
        <p className="truncate">{title}</p>
        <p className="text-muted-foreground text-xs">{facts.join(' · ')}</p>
      </div>
      <Button look="link" aria-label={words.revokeNamed(title)} onClick={() => setIsAsking(true)}>
        {strings.actions.revoke}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={words.revokeTitle}
          text={words.revokeText}
          actionLabel={strings.actions.revoke}
          onConfirm={revoke}
          onClose={() => setIsAsking(false)}
        />
      )}
    </li>
  );
}
