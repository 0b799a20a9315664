import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import { ScrollText } from 'lucide-react';
import { strings } from '../strings/en.ts';
import { costOf } from './message-cost.ts';

/** The summary that the model gets in place of the messages above. */
export function Summary({ message }: { message: Message }) {
  const cost = costOf(message);
  return (
    <details className="text-muted-foreground group/summary text-xs">
      <summary className="flex cursor-pointer list-none items-center gap-3 before:flex-1 before:border-t before:border-(--border) after:flex-1 after:border-t after:border-(--border)">
        <span className="hover:text-foreground flex items-center gap-1.5 transition-colors">
          <ScrollText aria-hidden="true" className="size-3.5" />
          {strings.conversation.summarized}
        </span>
      </summary>
      <div className="bg-muted mt-3 rounded-xl px-4 py-3">
        <p className="text-sm leading-6 break-words whitespace-pre-wrap">{messageText(message, 'text')}</p>
        {cost && (
          <p className="mt-2 tabular-nums" title={cost.hint}>
            {cost.text}
          </p>
        )}
      </div>
    </details>
  );
}
