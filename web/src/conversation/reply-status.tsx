import type { Message } from '@millrace/protocol';
import { RotateCw } from 'lucide-react';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

interface ReplyStatusProps {
  message: Message;
  idle: boolean;
  onRetry: () => void;
}

/** How a reply ended, where it didn't simply end. */
export function ReplyStatus({ message, idle, onRetry }: ReplyStatusProps) {
  const { status, finishReason, error } = message;
  if (status === 'failed' || status === 'interrupted') {
    return (
      <div className="bg-danger-surface text-danger mt-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-xl px-4 py-2.5 text-sm">
        <span>{error?.message ?? strings.conversation[status]}</span>
        <Button look="link" className="text-danger! font-medium" disabled={!idle} onClick={onRetry}>
          <RotateCw aria-hidden="true" className="size-4" />
          {strings.retry}
        </Button>
      </div>
    );
  }
  const note = status === 'stopped' ? strings.conversation.stopped : cutShort(finishReason);
  return note && <p className="text-muted-foreground mt-3 text-sm">{note}</p>;
}

function cutShort(finishReason: string | null): string | null {
  if (finishReason === 'length' || finishReason === 'budget')
    return strings.conversation.cutShort[finishReason];
  return null;
}
