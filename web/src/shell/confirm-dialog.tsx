import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { errorText } from '../server/error-text.ts';
import { strings } from '../strings/en.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps {
  title: string;
  text: string;
  /** What the confirming button says. */
  actionLabel: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks for confirmation before an action that can't be undone. */
export function ConfirmDialog({ title, text, actionLabel, onConfirm, onClose }: ConfirmDialogProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  const action = useMutation({ mutationFn: onConfirm, onSuccess: onClose });

  return (
    <Dialog
      title={title}
      description={text}
      initialFocus={cancel}
      onClose={onClose}
      className="top-1/2 w-[min(24rem,calc(100vw-2rem))] -translate-y-1/2"
    >
      {action.isError && (
        <p role="alert" className="text-danger px-5 text-sm">
          {errorText(action.error)}
        </p>
      )}
      <div className="flex justify-end gap-2 px-5 pt-2 pb-5">
        <Button ref={cancel} onClick={onClose}>
          {strings.actions.cancel}
        </Button>
        <Button look="danger" disabled={action.isPending} onClick={() => action.mutate()}>
          {actionLabel}
        </Button>
      </div>
    </Dialog>
  );
}
