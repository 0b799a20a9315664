import type { AttachedPart } from '@millrace/protocol';
import { useQuery } from '@tanstack/react-query';
import { ExternalLink, X } from 'lucide-react';
import { chatClient } from '../server/chat-client.ts';
import { IconButton } from '../shell/button.tsx';
import { Dialog } from '../shell/dialog.tsx';
import { LoadState } from '../shell/load-state.tsx';
import { strings } from '../strings/en.ts';

/** Shows an image at window size, or the text of a file. */
export function FileViewer({ file, onClose }: { file: AttachedPart; onClose: () => void }) {
  const name = file.name ?? strings.conversation.image;
  const address = chatClient.mediaUrl(file.url);
  return (
    <Dialog
      title={name}
      isTitleHidden
      onClose={onClose}
      className="top-1/2 max-h-[calc(100dvh-1.5rem)] max-w-[calc(100vw-1.5rem)] -translate-y-1/2"
    >
      <header className="flex shrink-0 items-center gap-1 border-b py-1.5 pr-1.5 pl-4">
        <span aria-hidden="true" className="min-w-0 flex-1 truncate text-sm font-medium">
          {name}
        </span>
        <a
          href={address}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={strings.attachments.openInNewTab}
          title={strings.attachments.openInNewTab}
          className="text-muted-foreground hover:bg-muted hover:text-foreground grid size-9 place-content-center rounded-lg"
        >
          <ExternalLink aria-hidden="true" className="size-4" />
        </a>
        <IconButton label={strings.actions.close} onClick={onClose}>
          <X aria-hidden="true" className="size-4.5" />
        </IconButton>
      </header>
      {file.type === 'media' ? (
        <img
          src={address}
          alt={name}
          className="max-h-[calc(100dvh-6rem)] max-w-[calc(100vw-1.5rem)] min-w-60 object-contain"
        />
      ) : (
        <FileText name={name} address={address} />
      )}
    </Dialog>
  );
}

function FileText({ name, address }: { name: string; address: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['file', address],
    queryFn: async ({ signal }) => {
      const response = await fetch(address, { signal });
      if (!response.ok) throw new Error(`${response.status}`);
      return response.text();
    },
    staleTime: Infinity,
  });
  const size = 'w-[min(48rem,calc(100vw-1.5rem))]';
  if (data === undefined) {
    return (
      <div className={`${size} p-4`}>
        <LoadState error={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  return (
    // A scrolling region must be focusable, so that the keyboard can scroll it.
    <section
      aria-label={name}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
      tabIndex={0}
      className={`${size} min-h-0 overflow-auto p-4 text-sm`}
    >
      <pre className="font-mono break-words whitespace-pre-wrap">{data}</pre>
    </section>
  );
}
