import { strings } from '../strings/en.ts';

/** Shown until the first token of a reply. */
export function Thinking() {
  return (
    <span className="text-muted-foreground flex items-center gap-2.5 py-0.5 text-sm">
      <span aria-hidden="true" className="thinking-dot bg-primary size-2 rounded-full" />
      {strings.conversation.thinking}
    </span>
  );
}
