import type { ChatStore } from '@millrace/client/state';
import { Share2 } from 'lucide-react';
import { Suspense, useState } from 'react';
import { IconButton } from '../shell/button.tsx';
import { lazyComponent } from '../shell/lazy-component.ts';
import { strings } from '../strings/en.ts';

const ShareDialog = lazyComponent(async () => (await import('./share-dialog.tsx')).ShareDialog);

interface ShareButtonProps {
  /** Null for a new chat. */
  chatId: string | null;
  store: ChatStore;
}

export function ShareButton({ chatId, store }: ShareButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  if (chatId === null) return null;
  return (
    <>
      <IconButton label={strings.sharing.title} aria-haspopup="dialog" onClick={() => setIsOpen(true)}>
        <Share2 aria-hidden="true" className="size-4.5" />
      </IconButton>
      {isOpen && (
        <Suspense>
          <ShareDialog chatId={chatId} store={store} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
