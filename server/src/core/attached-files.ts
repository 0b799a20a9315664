import type { Message } from '@millrace/protocol';
import { ProblemError } from './errors.ts';

/** As many bytes of files go into one request to a model: the services take 20 MB in all, and in base64 four bytes are three. */
export const MAX_SENT_BYTES = 14 * 1024 * 1024;

/** A file that a message names. */
export interface NamedFile {
  kind: 'image' | 'text';
  /** In bytes. */
  size: number;
}

/**
 * Which files of a context are sent: those of the newest question, and of the earlier ones, from the newest on, as many as there is room for.
 * @param files those that the messages name, by address
 * @returns the addresses of those to send, and how many aren't
 * @throws ProblemError `images_unsupported`, `too_large` when those of the question itself can't be
 */
export function filesToSend(
  context: readonly Message[],
  files: ReadonlyMap<string, NamedFile>,
  acceptsImages: boolean,
): { sent: ReadonlySet<string>; omitted: number } {
  const sent = new Set<string>();
  let [room, omitted, isQuestion] = [MAX_SENT_BYTES, 0, true];
  for (const message of context.toReversed()) {
    if (message.role !== 'user') continue;
    for (const part of message.parts) {
      const file = part.type === 'media' || part.type === 'file' ? files.get(part.url) : undefined;
      if (file === undefined || !('url' in part)) continue;
      const isTaken = acceptsImages || file.kind !== 'image';
      if (isQuestion) checkFits(isTaken, file.size <= room);
      if (isTaken && file.size <= room) {
        room -= file.size;
        sent.add(part.url);
      } else omitted += 1;
    }
    isQuestion = false;
  }
  return { sent, omitted };
}

function checkFits(isTaken: boolean, hasRoom: boolean): void {
  if (!isTaken) {
    throw new ProblemError(
      'images_unsupported',
      'This model takes no images. Choose another one, or send the message without them.',
    );
  }
  if (hasRoom) return;
  throw new ProblemError(
    'too_large',
    'Together the files are larger than 14 MB. Send fewer of them at once.',
  );
}
