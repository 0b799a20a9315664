import type { SearchSnippet } from '@millrace/protocol';
import type { ReactNode } from 'react';

/** Part of a text with the search matches highlighted. */
export function Highlighted({ text, highlights }: SearchSnippet) {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const { start, end } of highlights) {
    pieces.push(
      text.slice(at, start),
      <mark key={start} className="bg-(--highlight) text-foreground rounded-xs">
        {text.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  return (
    <>
      {pieces}
      {text.slice(at)}
    </>
  );
}
