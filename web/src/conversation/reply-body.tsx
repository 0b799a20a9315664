import { lazy, Suspense, useRef } from 'react';
import { PlainText } from './markdown/plain-text.tsx';
import type { Block } from './message-parts.ts';
import { ReplyImage } from './reply-image.tsx';
import { useReachableScrollers } from './use-reachable-scrollers.ts';

/** If Markdown can't be loaded, replies are shown as plain text. */
export async function loadMarkdown() {
  return import('./markdown/markdown.tsx').then(
    ({ Markdown }) => ({ default: Markdown }),
    () => ({ default: PlainText }),
  );
}

const Markdown = lazy(loadMarkdown);

/** Hidden at first, so that a reply doesn't change its appearance when Markdown loads quickly. */
function MarkdownFallback({ text }: { text: string }) {
  return (
    <div className="shown-after-delay">
      <PlainText text={text} />
    </div>
  );
}

/** The text and images of a reply, in order. */
export function ReplyBody({ blocks, isRunning }: { blocks: readonly Block[]; isRunning: boolean }) {
  const body = useRef<HTMLDivElement>(null);
  useReachableScrollers(body);
  return (
    <div ref={body} data-testid="message-text" className="reply-text space-y-4">
      {blocks.map((block, index) =>
        block.type === 'media' ? (
          <ReplyImage key={block.url} image={block} />
        ) : (
          // Blocks are only appended.
          // oxlint-disable-next-line react/no-array-index-key -- see above
          <Suspense key={index} fallback={<MarkdownFallback text={block.text} />}>
            <Markdown text={block.text} isRunning={isRunning && index === blocks.length - 1} />
          </Suspense>
        ),
      )}
    </div>
  );
}
