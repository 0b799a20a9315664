import { API_USAGE_KEY } from '@millrace/protocol';
import type { ChatUsageSum } from '@millrace/protocol';
import { Link } from 'wouter';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';

export function ChatName({ chat }: { chat: ChatUsageSum }) {
  if (chat.key === API_USAGE_KEY) return <span>{pageStrings.usage.apiRequests}</span>;
  if (chat.isDeleted) {
    return <span className="text-muted-foreground">{pageStrings.usage.deletedChat}</span>;
  }
  return (
    <Link href={`/chats/${chat.key}`} className="text-primary underline-offset-4 hover:underline">
      {chat.title ?? strings.chats.newChat}
    </Link>
  );
}
