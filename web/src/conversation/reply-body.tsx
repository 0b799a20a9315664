import { lazy, Suspense, useRef } from 'react';
import { PlainText } from './markdown/plain-text.tsx';
import type { Block } from './message-parts.ts';
import { ReplyImage } from './reply-image.tsx';
import { useReachableScrollers } from './use-reachable-scrollers.ts';

/** Where Markdown can't be loaded, a reply is still readable. */
export async function loadMarkdown() {
  return import('./markdown/markdown.tsx').then(
    ({ Markdown }) => ({ default: Markdown }),
    () => ({ default: PlainText }),
  );
}

const Markdown = lazy(loadMarkdown);

/** Seen only where Markdown is slow to come, so that a reply doesn't change its looks as it is opened. */
function UntilMarkdown({ text }: { text: string }) {
  return (
    <div className="seen-late">
      <PlainText text={text} />
    </div>
  );
}

/** What a reply says and shows, in its order. */
export function ReplyBody({ blocks, running }: { blocks: readonly Block[]; running: boolean }) {
  const body = useRef<HTMLDivElement>(null);
  useReachableScrollers(body);
  return (
    <div ref={body} data-testid="message-text" className="reply-text space-y-4">
      {blocks.map((block, index) =>
        block.type === 'media' ? (
          <ReplyImage key={block.url} image={block} />
        ) : (
          // Blocks are only ever added at the end.
          // oxlint-disable-next-line react/no-array-index-key -- see above
          <Suspense key={index} fallback={<UntilMarkdown text={block.text} />}>
            <Markdown text={block.text} running={running && index === blocks.length - 1} />
          </Suspense>
        ),
      )}
    </div>
  );
}
