import type { ChatSnapshot } from '@millrace/client/state';

/** When a notice is shown, by its code. All other notices are always shown. */
const SHOWN: Partial<Record<string, 'while running' | 'never'>> = {
  retrying: 'while running',
  fallback_model: 'while running',
  continuing: 'while running',
  // The footer of the message shows these itself.
  answered_by: 'never',
  cached: 'never',
};

interface ReplyNoticeProps {
  notice: ChatSnapshot['notice'];
  isBusy: boolean;
}

/** The latest notice about the current reply. */
export function ReplyNotice({ notice, isBusy }: ReplyNoticeProps) {
  const shown = notice === null ? 'never' : (SHOWN[notice.code] ?? 'always');
  return (
    // Always rendered: screen readers announce only changes inside an existing element.
    <output className="text-muted-foreground block text-center text-sm">
      {(shown === 'always' || (shown === 'while running' && isBusy)) && (
        <p className="pb-2">{notice?.message}</p>
      )}
    </output>
  );
}
