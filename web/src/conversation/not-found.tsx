import { Link } from 'wouter';
import { strings } from '../strings/en.ts';

export function NotFound() {
  return (
    <main className="grid flex-1 place-content-center justify-items-center gap-2 p-6 text-center">
      <h1 className="text-lg font-semibold">{strings.conversation.notFoundTitle}</h1>
      <p className="text-muted-foreground text-sm">{strings.conversation.notFoundText}</p>
      <Link href="/" className="text-primary mt-2 text-sm underline underline-offset-4">
        {strings.chats.newChat}
      </Link>
    </main>
  );
}
