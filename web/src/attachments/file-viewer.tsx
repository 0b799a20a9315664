import type { AttachedPart } from '@millrace/protocol';
import { useQuery } from '@tanstack/react-query';
import { ExternalLink, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { chatClient } from '../server/chat-client.ts';
import { IconButton } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

/** An image as large as the window, or the text of a file. */
export function FileViewer({ file, onClose }: { file: AttachedPart; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = file.name ?? strings.conversation.image;
  const address = chatClient.mediaUrl(file.url);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-label={name}
      className="bg-card text-card-foreground shadow-float max-h-[calc(100dvh-2rem)] max-w-[calc(100vw-2rem)] overflow-hidden rounded-2xl border backdrop:bg-black/60"
    >
      <header className="flex items-center gap-1 border-b py-1.5 pr-1.5 pl-4">
        <h2 className="min-w-0 flex-1 truncate text-sm font-medium">{name}</h2>
        <a
          href={address}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={strings.attachments.original}
          title={strings.attachments.original}
          className="text-muted-foreground hover:bg-muted hover:text-foreground grid size-9 place-content-center rounded-lg"
        >
          <ExternalLink aria-hidden="true" className="size-4" />
        </a>
        <IconButton label={strings.attachments.close} onClick={() => dialog.current?.close()}>
          <X aria-hidden="true" className="size-4.5" />
        </IconButton>
      </header>
      {file.type === 'media' ? (
        <img
          src={address}
          alt={name}
          className="max-h-[calc(100dvh-6rem)] max-w-[calc(100vw-2rem)] min-w-60 object-contain"
        />
      ) : (
        <FileText address={address} />
      )}
    </dialog>
  );
}

function FileText({ address }: { address: string }) {
  const text = useQuery({
    queryKey: ['file', address],
    queryFn: async ({ signal }) => {
      const response = await fetch(address, { signal });
      if (!response.ok) throw new Error(`${response.status}`);
      return response.text();
    },
    staleTime: Infinity,
  });
  if (text.isError)
    return (
      <p role="alert" className="text-danger p-4 text-sm">
        {strings.somethingWentWrong}
      </p>
    );
  return (
    <pre
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be in reach of the keyboard
      tabIndex={0}
      className="max-h-[calc(100dvh-6rem)] w-[min(48rem,calc(100vw-2rem))] overflow-auto p-4 text-sm break-words whitespace-pre-wrap"
    >
      {text.data ?? strings.loading}
    </pre>
  );
}
