import { strings } from '../strings/en.ts';
import type { Source } from './message-parts.ts';

export function Sources({ sources }: { sources: Source[] }) {
  const safe = sources.filter(({ url }) => /^https?:\/\//i.test(url));
  if (safe.length === 0) return null;
  return (
    <section aria-label={strings.conversation.sources} className="mt-4 flex flex-wrap gap-2">
      {safe.map(({ title, url }) => (
        <a
          key={url}
          href={url}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="bg-card hover:bg-muted max-w-60 truncate rounded-full border px-3 py-1 text-xs"
        >
          {title || url}
        </a>
      ))}
    </section>
  );
}
