import { Link } from 'wouter';
import { strings } from '../strings/en.ts';

/** Also shown for other users' chats and pages: their existence isn't revealed. */
export function NotFound({ what }: { what: keyof typeof strings.notFound }) {
  const { title, text } = strings.notFound[what];
  return (
    <main className="grid flex-1 place-content-center justify-items-center gap-2 p-6 text-center">
      <title>{`${title} · ${strings.appName}`}</title>
      <h1 className="text-lg font-semibold">{title}</h1>
      <p className="text-muted-foreground text-sm">{text}</p>
      <Link href="/" className="text-primary mt-2 text-sm underline underline-offset-4">
        {strings.chats.newChat}
      </Link>
    </main>
  );
}
