import type { Message } from '@millrace/protocol';
import { ArrowRight, RotateCw } from 'lucide-react';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

interface ReplyStatusProps {
  message: Message;
  /** Whether the reply has text that the model can continue. */
  canContinue: boolean;
  isIdle: boolean;
  onContinue: () => void;
  onRetry: () => void;
}

/** Says why a reply is incomplete, and offers to continue or retry it. */
export function ReplyStatus({ message, canContinue, isIdle, onContinue, onRetry }: ReplyStatusProps) {
  const note = noteOf(message);
  if (note === null) return null;
  const isFailed = message.status === 'failed' || message.status === 'interrupted';
  const box = isFailed
    ? 'bg-danger-surface text-danger justify-between rounded-xl px-4 py-2.5'
    : 'text-muted-foreground';
  const button = `font-medium ${isFailed ? 'text-danger!' : ''}`;
  return (
    <div className={`mt-3 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm ${box}`}>
      <span>{note}</span>
      {/* Without a budget both would be refused. */}
      {message.finishReason !== 'budget' && (
        <span className="flex gap-4">
          {canContinue && (
            <Button look="link" className={button} disabled={!isIdle} onClick={onContinue}>
              <ArrowRight aria-hidden="true" className="size-4" />
              {strings.actions.continue}
            </Button>
          )}
          <Button look="link" className={button} disabled={!isIdle} onClick={onRetry}>
            <RotateCw aria-hidden="true" className="size-4" />
            {strings.actions.retry}
          </Button>
        </span>
      )}
    </div>
  );
}

function noteOf({ status, finishReason, error }: Message): string | null {
  if (status === 'failed' || status === 'interrupted') return error?.message ?? strings.conversation[status];
  if (status === 'stopped') return strings.conversation.stopped;
  if (finishReason === 'length' || finishReason === 'budget')
    return strings.conversation.cutShort[finishReason];
  return null;
}
