import type { ChatStore } from '@millrace/client/state';
import { Share2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { IconButton } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

/** Loaded when it is first wanted. */
const Dialog = lazy(() =>
  import('./share-dialog.tsx').then(
    ({ ShareDialog }) => ({ default: ShareDialog }),
    () => ({ default: OutOfReach }),
  ),
);

interface ShareButtonProps {
  /** Null for a chat that doesn't exist yet. */
  chatId: string | null;
  store: ChatStore;
}

export function ShareButton({ chatId, store }: ShareButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  if (chatId === null) return null;
  return (
    <>
      <IconButton label={strings.sharing.share} aria-haspopup="dialog" onClick={() => setIsOpen(true)}>
        <Share2 className="size-4.5" />
      </IconButton>
      {isOpen && (
        <Suspense>
          <Dialog chatId={chatId} store={store} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function OutOfReach() {
  return (
    <p role="alert" className="text-danger text-xs">
      {strings.serverOutOfReach}
    </p>
  );
}
