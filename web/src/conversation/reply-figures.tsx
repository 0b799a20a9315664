import type { Message } from '@millrace/protocol';
import { strings } from '../strings/en.ts';
import { costOf } from './message-cost.ts';

/** The model, cost and time to the first token of a reply. Shown on hover and on keyboard focus. */
export function ReplyFigures({ message }: { message: Message }) {
  const cost = costOf(message);
  const { firstTokenMs } = message;
  const seconds = firstTokenMs === null ? null : firstTokenMs / 1000;
  if (cost === null) return null;
  return (
    <span
      className={`text-muted-foreground ml-2 flex flex-wrap gap-x-2.5 text-xs tabular-nums transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 ${message.cached ? '' : 'md:opacity-0'}`}
    >
      <span title={cost.hint}>{cost.text}</span>
      {seconds !== null && !message.cached && (
        <span title={strings.conversation.firstTokenHint}>
          {strings.conversation.firstToken(
            seconds.toLocaleString(undefined, { maximumSignificantDigits: 2, maximumFractionDigits: 2 }),
          )}
        </span>
      )}
    </span>
  );
}
