import { partOfAttachment } from '@millrace/protocol';
import type { AttachedPart, Attachment } from '@millrace/protocol';
import { useSyncExternalStore } from 'react';
import { errorText } from '../server/error-text.ts';
import { modelsQuery, queryClient } from '../server/queries.ts';
import { attachments, uploadFile } from '../server/upload-file.ts';
import { Listeners } from '../state/listeners.ts';
import { strings } from '../strings/en.ts';

/** A file attached to an unsent message. */
export interface DraftFile {
  key: string;
  name: string;
  /** The uploaded fraction, from 0 to 1. */
  progress: number;
  /** Null until the upload is complete. */
  attachment: Attachment | null;
  error: string | null;
}

const NO_FILES: readonly DraftFile[] = [];
const listeners = new Listeners();
const drafts = new Map<string, readonly DraftFile[]>();
const uploads = new Map<string, AbortController>();
let fileCount = 0;

function storageKey(chatId: string | null): string {
  return `millrace.files.${chatId ?? 'new'}`;
}

/** The files attached to the unsent message of a chat. Uploaded files survive a reload. */
export function readFiles(chatId: string | null): readonly DraftFile[] {
  const key = storageKey(chatId);
  const cached = drafts.get(key);
  if (cached !== undefined) return cached;
  const stored = localStorage.getItem(key);
  const files = stored === null ? NO_FILES : (JSON.parse(stored) as Attachment[]).map(readyFile);
  drafts.set(key, files);
  return files;
}

function writeFiles(chatId: string | null, files: readonly DraftFile[]): void {
  const key = storageKey(chatId);
  drafts.set(key, files);
  const ready = files.flatMap(({ attachment }) => attachment ?? []);
  if (ready.length === 0) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(ready));
  listeners.notify();
}

function readyFile(attachment: Attachment): DraftFile {
  return { key: attachment.id, name: attachment.name, progress: 1, attachment, error: null };
}

export function useDraftFiles(chatId: string | null): readonly DraftFile[] {
  return useSyncExternalStore(listeners.subscribe, () => readFiles(chatId));
}

/** Attaches files to the unsent message, and uploads them. */
export function addFiles(chatId: string | null, files: readonly File[]): void {
  const limits = queryClient.getQueryData(modelsQuery.queryKey)?.limits;
  let count = readFiles(chatId).filter(({ error }) => error === null).length;
  for (const file of files) {
    fileCount += 1;
    const draft = {
      key: `file-${fileCount}`,
      name: file.name || strings.attachments.pastedImageName,
      progress: 0,
    };
    let error: string | null = null;
    if (limits && count >= limits.attachments) error = strings.attachments.tooMany(limits.attachments);
    else if (limits && file.size > limits.attachmentBytes)
      error = strings.attachments.tooLarge(limits.attachmentBytes);
    else count += 1;
    writeFiles(chatId, [...readFiles(chatId), { ...draft, attachment: null, error }]);
    if (error === null) void upload(chatId, draft, file);
  }
}

async function upload(chatId: string | null, { key, name }: Pick<DraftFile, 'key' | 'name'>, file: File) {
  const change = (changes: Partial<DraftFile>) =>
    writeFiles(
      chatId,
      readFiles(chatId).map((each) => (each.key === key ? { ...each, ...changes } : each)),
    );
  const cancelling = new AbortController();
  uploads.set(key, cancelling);
  try {
    const { signal } = cancelling;
    const attachment = await uploadFile(file, { name, chatId, signal }, (progress) => change({ progress }));
    change({ attachment, progress: 1, name: attachment.name });
  } catch (error) {
    change({ error: errorText(error) });
  } finally {
    uploads.delete(key);
  }
}

export function removeFile(chatId: string | null, { key, attachment }: DraftFile): void {
  uploads.get(key)?.abort();
  writeFiles(
    chatId,
    readFiles(chatId).filter((each) => each.key !== key),
  );
  // If this fails, the server deletes the unused file after a day.
  if (attachment !== null) attachments.remove(attachment.id).catch(() => undefined);
}

/** Removes the uploaded files from the draft, and returns them as parts of the message being sent. */
export function takeFiles(chatId: string | null): AttachedPart[] {
  const ready = readFiles(chatId).flatMap(({ attachment }) => attachment ?? []);
  writeFiles(chatId, NO_FILES);
  return ready.map(partOfAttachment);
}

/** Attaches the files again after their message was refused. */
export function restoreFiles(chatId: string | null, files: readonly DraftFile[]): void {
  writeFiles(chatId, [...files, ...readFiles(chatId)]);
}
