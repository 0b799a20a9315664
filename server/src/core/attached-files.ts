import type { Message } from '@millrace/protocol';
import { ProblemError } from './errors.ts';

/** The maximum size of all files in one request to a model. The services accept 20 MB in all, and base64 makes three bytes four. */
export const MAX_SENT_BYTES = 14 * 1024 * 1024;

/** A file that a message refers to. */
export interface ReferencedFile {
  kind: 'image' | 'text';
  /** In bytes. */
  size: number;
}

/**
 * Selects the files of a context that are sent: all files of the newest question, then earlier files, newest first, while they fit.
 * @param files the files that the messages refer to, by URL
 * @returns the URLs of the files to send, and the number of omitted ones
 * @throws ProblemError `images_unsupported`, `too_large` when a file of the newest question can't be sent
 */
export function filesToSend(
  context: readonly Message[],
  files: ReadonlyMap<string, ReferencedFile>,
  acceptsImages: boolean,
): { sent: ReadonlySet<string>; omitted: number } {
  const sent = new Set<string>();
  let [bytesLeft, omitted, isQuestion] = [MAX_SENT_BYTES, 0, true];
  for (const message of context.toReversed()) {
    if (message.role !== 'user') continue;
    for (const part of message.parts) {
      const file = part.type === 'media' || part.type === 'file' ? files.get(part.url) : undefined;
      if (file === undefined || !('url' in part)) continue;
      const isAccepted = acceptsImages || file.kind !== 'image';
      if (isQuestion) checkFits(isAccepted, file.size <= bytesLeft);
      if (isAccepted && file.size <= bytesLeft) {
        bytesLeft -= file.size;
        sent.add(part.url);
      } else omitted += 1;
    }
    isQuestion = false;
  }
  return { sent, omitted };
}

function checkFits(isAccepted: boolean, fits: boolean): void {
  if (!isAccepted) {
    throw new ProblemError(
      'images_unsupported',
      'This model does not accept images. Choose another model, or send the message without images.',
    );
  }
  if (fits) return;
  throw new ProblemError('too_large', 'The files are larger than 14 MB in total. Send fewer files at once.');
}
