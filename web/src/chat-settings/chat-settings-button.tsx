import type { ChatSettings } from '@millrace/protocol';
import { SlidersHorizontal } from 'lucide-react';
import { Suspense, useState } from 'react';
import { IconButton } from '../shell/button.tsx';
import { lazyComponent } from '../shell/lazy-component.ts';
import { strings } from '../strings/en.ts';

const ChatSettingsDialog = lazyComponent(
  async () => (await import('./chat-settings-dialog.tsx')).ChatSettingsDialog,
);

interface ChatSettingsButtonProps {
  /** Null until the chat is loaded. */
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
          <ChatSettingsDialog settings={settings} onSave={onSave} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
