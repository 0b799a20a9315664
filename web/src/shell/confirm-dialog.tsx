import { useMutation } from '@tanstack/react-query';
import { useEffect, useId, useRef } from 'react';
import { errorText } from '../server/error-text.ts';
import { strings } from '../strings/en.ts';
import { Button } from './button.tsx';

interface ConfirmDialogProps {
  title: string;
  text: string;
  /** What the button that does it says. */
  action: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something that can't simply be taken back. The browser keeps the focus in it, and gives it back. */
export function ConfirmDialog({ title, text, action, onConfirm, onClose }: ConfirmDialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const deed = useMutation({ mutationFn: onConfirm, onSuccess: () => dialog.current?.close() });

  useEffect(() => dialog.current?.showModal(), []);

  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-labelledby={id}
      className="bg-card text-card-foreground shadow-float w-[min(24rem,calc(100vw-2rem))] rounded-2xl border p-5 backdrop:bg-black/40"
    >
      <h2 id={id} className="font-semibold break-words">
        {title}
      </h2>
      <p className="text-muted-foreground mt-1.5 text-sm break-words">{text}</p>
      {deed.isError && (
        <p role="alert" className="text-danger mt-2 text-sm">
          {errorText(deed.error)}
        </p>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => dialog.current?.close()}>{strings.cancel}</Button>
        <Button look="danger" disabled={deed.isPending} onClick={() => deed.mutate()}>
          {action}
        </Button>
      </div>
    </dialog>
  );
}
