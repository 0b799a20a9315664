import type { Message } from '@millrace/protocol';
import { RefreshCw } from 'lucide-react';
import { IconButton } from '../shell/button.tsx';
import { CopyButton } from '../shell/copy-button.tsx';
import { strings } from '../strings/en.ts';
import { costOf } from './message-cost.ts';

interface ReplyFooterProps {
  message: Message;
  text: string;
  idle: boolean;
  onRegenerate: () => void;
}

export function ReplyFooter({ message, text, idle, onRegenerate }: ReplyFooterProps) {
  const cost = costOf(message);
  return (
    <footer className="mt-1.5 -ml-2 flex items-center">
      {text !== '' && <CopyButton text={text} />}
      <IconButton
        label={strings.conversation.regenerate}
        disabled={!idle}
        onClick={onRegenerate}
        className="disabled:opacity-40"
      >
        <RefreshCw className="size-4" />
      </IconButton>
      {cost && (
        <span
          title={cost.hint}
          className={`text-muted-foreground ml-2 text-xs tabular-nums transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 ${message.cached ? '' : 'md:opacity-0'}`}
        >
          {cost.text}
        </span>
      )}
    </footer>
  );
}
