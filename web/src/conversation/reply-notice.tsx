import type { ChatSnapshot } from '@millrace/client/state';

/** What is over once the reply goes on. */
const PASSING = new Set(['retrying', 'fallback_model', 'continuing']);
/** What the message shows itself. */
const SHOWN_ELSEWHERE = new Set(['answered_by', 'cached']);

interface ReplyNoticeProps {
  notice: ChatSnapshot['notice'];
  busy: boolean;
}

/** What a person may like to know of the reply they wait for, or have just got. */
export function ReplyNotice({ notice, busy }: ReplyNoticeProps) {
  const isTold = notice !== null && !SHOWN_ELSEWHERE.has(notice.code) && (busy || !PASSING.has(notice.code));
  return (
    // Always rendered: screen readers announce only changes inside an existing element.
    <output className="text-muted-foreground block text-center text-sm">
      {isTold && <p className="pb-2">{notice.message}</p>}
    </output>
  );
}
