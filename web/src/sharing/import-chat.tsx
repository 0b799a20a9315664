import type { ImportedChatAnswer } from '@millrace/protocol/chat-file';
import { useMutation } from '@tanstack/react-query';
import { Upload } from 'lucide-react';
import { useRef } from 'react';
import type { ChangeEvent } from 'react';
import { Link } from 'wouter';
import { chatFiles } from '../server/chat-files.ts';
import { errorText } from '../server/error-text.ts';
import { refreshChats } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

/** Imports a chat from a downloaded file. */
export function ImportChat() {
  const words = strings.sharing.import;
  const input = useRef<HTMLInputElement>(null);
  const importing = useMutation({
    mutationFn: async (file: File) => chatFiles.importChat(await readJsonFile(file)),
    onSuccess: () => void refreshChats(),
  });

  function choose({ target }: ChangeEvent<HTMLInputElement>) {
    const [file] = target.files ?? [];
    if (file) importing.mutate(file);
    // Otherwise picking the same file again wouldn't be a change.
    target.value = '';
  }

  return (
    <div className="grid justify-items-start gap-3">
      <p className="text-muted-foreground text-sm">{words.text}</p>
      <input
        ref={input}
        type="file"
        hidden
        accept="application/json,.json"
        aria-label={words.choose}
        onChange={choose}
      />
      <Button disabled={importing.isPending} onClick={() => input.current?.click()}>
        <Upload aria-hidden="true" className="size-4" />
        {importing.isPending ? words.importing : words.choose}
      </Button>
      <output className="text-sm">
        {importing.error && <span className="text-danger">{failureText(importing.error)}</span>}
        {importing.data && <Imported answer={importing.data} />}
      </output>
    </div>
  );
}

function Imported({ answer: { chat, omitted } }: { answer: ImportedChatAnswer }) {
  const words = strings.sharing.import;
  const notes = [
    omitted.images > 0 ? words.omitted.images(omitted.images) : null,
    omitted.files > 0 ? words.omitted.files(omitted.files) : null,
    omitted.summaries > 0 ? words.omitted.summaries(omitted.summaries) : null,
    omitted.sources > 0 ? words.omitted.sources(omitted.sources) : null,
  ].filter((note) => note !== null);
  return (
    <>
      {words.done(chat.title ?? strings.sharing.untitled)}{' '}
      <Link href={`/chats/${chat.id}`} className="text-primary underline underline-offset-4">
        {words.open}
      </Link>
      {notes.length > 0 && <span className="text-muted-foreground block">{notes.join(' ')}</span>}
    </>
  );
}

class NotJsonError extends Error {
  override readonly name = 'NotJsonError';
}

/** @throws NotJsonError */
async function readJsonFile(file: File): Promise<object> {
  const text = await file.text();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new NotJsonError(file.name, { cause });
  }
  throw new NotJsonError(file.name);
}

function failureText(error: Error): string {
  return error instanceof NotJsonError ? strings.sharing.import.notJson(error.message) : errorText(error);
}
