import type { ChatStore } from '@millrace/client/state';
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { chatFiles } from '../server/chat-files.ts';
import { Button } from '../shell/button.tsx';
import { Dialog } from '../shell/dialog.tsx';
import { strings } from '../strings/en.ts';
import { CHAT_FORMATS } from './chat-formats.ts';
import { LinkList } from './link-list.tsx';
import { NewLinkForm } from './new-link-form.tsx';
import { sharesQuery } from './shares-query.ts';

interface ShareDialogProps {
  chatId: string;
  store: ChatStore;
  onClose: () => void;
}

/** Creates links to a chat, and downloads it. */
export function ShareDialog({ chatId, store, onClose }: ShareDialogProps) {
  const words = strings.sharing;
  const shares = useQuery(sharesQuery(chatId)).data ?? [];

  return (
    <Dialog
      title={words.title}
      onClose={onClose}
      className="top-1/2 max-h-[calc(100dvh-1.5rem)] w-[min(30rem,calc(100vw-1.5rem))] -translate-y-1/2"
    >
      <div className="min-h-0 overflow-y-auto px-5 pb-5">
        <section aria-label={words.newLink} className="grid gap-3">
          <p className="text-muted-foreground text-sm">{words.newLinkText}</p>
          <NewLinkForm chatId={chatId} lastMessage={() => lastMessageOf(store)} />
          {shares.length > 0 && (
            <div>
              <h3 className="mt-2 text-sm font-medium">{words.links}</h3>
              <LinkList shares={shares} />
            </div>
          )}
        </section>
        <section aria-label={words.download} className="mt-5 grid gap-3 border-t pt-5">
          <div>
            <h3 className="text-sm font-medium">{words.download}</h3>
            <p className="text-muted-foreground mt-1 text-sm">{words.downloadText}</p>
          </div>
          <div className="flex flex-wrap gap-2">
            {CHAT_FORMATS.map(([format, name]) => (
              <a
                key={format}
                href={chatFiles.exportUrl(chatId, format)}
                download
                aria-label={words.downloadAs(name)}
                className="bg-card hover:bg-muted inline-flex items-center gap-2 rounded-lg border px-4 py-2 text-sm font-medium transition-colors"
              >
                <Download aria-hidden="true" className="size-4" />
                {name}
              </a>
            ))}
          </div>
        </section>
      </div>
      <footer className="flex justify-end border-t px-5 py-3">
        <Button onClick={onClose}>{strings.actions.done}</Button>
      </footer>
    </Dialog>
  );
}

/** The last message of the current branch. Summaries aren't part of a branch. */
function lastMessageOf(store: ChatStore): string | undefined {
  return store.getSnapshot().messages.findLast(({ role }) => role !== 'system')?.id;
}
