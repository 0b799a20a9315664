import { strings } from '../strings/en.ts';

export function EmptyChat({ onPick }: { onPick: (prompt: string) => void }) {
  return (
    <section className="mx-auto flex min-h-0 w-full max-w-3xl flex-1 flex-col justify-end overflow-y-auto px-3 pb-5 md:justify-center md:px-6">
      <h2 className="mb-6 text-center text-2xl font-semibold tracking-tight">
        {strings.conversation.greeting}
      </h2>
      <ul aria-label={strings.conversation.examplesLabel} className="grid gap-2 sm:grid-cols-2">
        {strings.conversation.examples.map(({ title, prompt }) => (
          <li key={title}>
            <button
              type="button"
              onClick={() => onPick(prompt)}
              className="bg-card hover:bg-muted h-full w-full rounded-xl border px-4 py-3 text-left text-sm transition-colors"
            >
              <span className="block font-medium">{title}</span>
              <span className="text-muted-foreground mt-0.5 line-clamp-2">{prompt}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
