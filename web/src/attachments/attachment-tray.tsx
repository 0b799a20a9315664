import { FileText, X } from 'lucide-react';
import { chatClient } from '../server/chat-client.ts';
import { strings } from '../strings/en.ts';
import { removeFile, useDraftFiles } from './draft-files.ts';
import type { DraftFile } from './draft-files.ts';

/** The files attached to the unsent message. */
export function AttachmentTray({ chatId }: { chatId: string | null }) {
  const files = useDraftFiles(chatId);
  if (files.length === 0) return null;
  return (
    <ul aria-label={strings.attachments.list} className="flex w-full flex-wrap gap-2 p-1">
      {files.map((file) => (
        <li
          key={file.key}
          data-state={file.error !== null ? 'failed' : file.attachment === null ? 'uploading' : 'ready'}
          className={`relative flex h-12 max-w-60 min-w-0 items-center gap-2 overflow-hidden rounded-xl pr-1 ${file.error === null ? 'bg-muted' : 'bg-danger-surface'}`}
        >
          <Thumbnail file={file} />
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm">{file.name}</span>
            {file.error !== null && (
              <span role="alert" className="text-danger block truncate text-xs" title={file.error}>
                {file.error}
              </span>
            )}
          </span>
          <button
            type="button"
            aria-label={strings.attachments.remove(file.name)}
            title={strings.attachments.remove(file.name)}
            onClick={() => removeFile(chatId, file)}
            className="text-muted-foreground hover:text-foreground grid size-8 shrink-0 place-content-center rounded-lg"
          >
            <X aria-hidden="true" className="size-4" />
          </button>
          {file.attachment === null && file.error === null && (
            <progress
              aria-label={strings.attachments.uploading(file.name, Math.round(file.progress * 100))}
              value={file.progress}
              className="accent-primary absolute inset-x-0 bottom-0 h-1 w-full"
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function Thumbnail({ file: { attachment } }: { file: DraftFile }) {
  if (attachment?.kind === 'image') {
    return <img src={chatClient.mediaUrl(attachment.url)} alt="" className="size-12 shrink-0 object-cover" />;
  }
  return <FileText aria-hidden="true" className="text-muted-foreground ml-3 size-4.5 shrink-0" />;
}
