import type { ChatSettings } from '@millrace/protocol';
import { SlidersHorizontal } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { IconButton } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

/** Loaded when it is first wanted. */
const Dialog = lazy(() =>
  import('./chat-settings-dialog.tsx').then(
    ({ ChatSettingsDialog }) => ({ default: ChatSettingsDialog }),
    () => ({ default: OutOfReach }),
  ),
);

interface ChatSettingsButtonProps {
  /** Null until they are known. */
  settings: ChatSettings | null;
  onSave: (changes: ChatSettings) => Promise<unknown>;
}

export function ChatSettingsButton({ settings, onSave }: ChatSettingsButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <IconButton
        label={strings.chatSettings.title}
        aria-haspopup="dialog"
        disabled={settings === null}
        onClick={() => setIsOpen(true)}
      >
        <SlidersHorizontal className="size-4.5" />
      </IconButton>
      {isOpen && settings !== null && (
        <Suspense>
          <Dialog settings={settings} onSave={onSave} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function OutOfReach() {
  return (
    <p role="alert" className="text-danger text-xs">
      {strings.errors.serverUnreachable}
    </p>
  );
}
