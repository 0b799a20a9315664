import type { ChatSnapshot } from '@millrace/client/state';

/** Notices that no longer apply once the reply is complete. */
const TEMPORARY = new Set(['retrying', 'fallback_model', 'continuing']);
/** Notices that the footer of the message shows itself. */
const SHOWN_ELSEWHERE = new Set(['answered_by', 'cached']);

interface ReplyNoticeProps {
  notice: ChatSnapshot['notice'];
  busy: boolean;
}

/** The latest notice about the current reply. */
export function ReplyNotice({ notice, busy }: ReplyNoticeProps) {
  const isShown =
    notice !== null && !SHOWN_ELSEWHERE.has(notice.code) && (busy || !TEMPORARY.has(notice.code));
  return (
    // Always rendered: screen readers announce only changes inside an existing element.
    <output className="text-muted-foreground block text-center text-sm">
      {isShown && <p className="pb-2">{notice.message}</p>}
    </output>
  );
}
