import type { Chat } from '@millrace/protocol';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { chatClient } from '../server/chat-client.ts';
import { errorText } from '../server/error-text.ts';
import { refreshChats } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

interface DeleteChatDialogProps {
  chat: Chat;
  /** Whether the chat is the one on view. */
  current: boolean;
  onClose: () => void;
}

export function DeleteChatDialog({ chat, current, onClose }: DeleteChatDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [, navigate] = useLocation();
  const deletion = useMutation({
    mutationFn: () => chatClient.deleteChat(chat.id),
    onSuccess: () => {
      if (current) navigate('/');
      void refreshChats();
      dialog.current?.close();
    },
  });

  useEffect(() => dialog.current?.showModal(), []);

  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-labelledby="delete-chat-title"
      className="bg-card text-card-foreground shadow-float w-[min(24rem,calc(100vw-2rem))] rounded-2xl border p-5 backdrop:bg-black/40"
    >
      <h2 id="delete-chat-title" className="font-semibold">
        {strings.chats.deleteTitle}
      </h2>
      <p className="text-muted-foreground mt-1.5 text-sm break-words">
        {strings.chats.deleteText(chat.title ?? strings.chats.untitled)}
      </p>
      {deletion.isError && (
        <p role="alert" className="text-danger mt-2 text-sm">
          {errorText(deletion.error)}
        </p>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => dialog.current?.close()}>{strings.cancel}</Button>
        <Button look="danger" disabled={deletion.isPending} onClick={() => deletion.mutate()}>
          {strings.chats.delete}
        </Button>
      </div>
    </dialog>
  );
}
