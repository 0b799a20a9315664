import { isAttached, isMediaUrl } from '@millrace/protocol';
import type { AttachedPart, MessagePart } from '@millrace/protocol';
import { FileText } from 'lucide-react';
import { chatClient } from '../server/chat-client.ts';
import { strings } from '../strings/en.ts';
import { OpenFileButton } from './open-file-button.tsx';

interface MessageAttachmentsProps {
  parts: readonly MessagePart[];
  className: string;
}

/** The files of a sent message. */
export function MessageAttachments({ parts, className }: MessageAttachmentsProps) {
  const files = parts.filter((part): part is AttachedPart => isAttached(part) && isMediaUrl(part.url));
  if (files.length === 0) return null;
  return (
    <div className={`mb-2 flex flex-wrap items-end gap-2 ${className}`}>
      {files.map((file) => (
        <OpenFileButton
          key={file.url}
          file={file}
          label={strings.attachments.open(file.name ?? strings.conversation.image)}
          className="bg-muted hover:bg-border block overflow-hidden rounded-xl transition-colors"
        >
          {file.type === 'media' ? (
            <img
              src={chatClient.mediaUrl(file.url)}
              alt=""
              loading="lazy"
              className="h-36 w-auto max-w-full object-cover"
              {...(file.width !== null && file.height !== null && { width: file.width, height: file.height })}
            />
          ) : (
            <span className="flex max-w-64 items-center gap-2 px-3.5 py-2.5 text-sm">
              <FileText aria-hidden="true" className="text-muted-foreground size-4.5 shrink-0" />
              <span className="truncate">{file.name}</span>
            </span>
          )}
        </OpenFileButton>
      ))}
    </div>
  );
}
