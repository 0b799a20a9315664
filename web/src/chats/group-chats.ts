import type { Chat } from '@millrace/protocol';

export type ChatGroup = 'pinned' | 'today' | 'week' | 'earlier';

/** The groups that have chats, in display order. Within a group the given order stays. */
export function groupChats(chats: readonly Chat[], now: Date): [ChatGroup, Chat[]][] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const weekAgo = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 6);
  const groups: Record<ChatGroup, Chat[]> = { pinned: [], today: [], week: [], earlier: [] };
  for (const chat of chats) groups[groupOf(chat, midnight, weekAgo)].push(chat);
  return (Object.entries(groups) as [ChatGroup, Chat[]][]).filter(([, members]) => members.length > 0);
}

function groupOf(chat: Chat, midnight: Date, weekAgo: Date): ChatGroup {
  const changed = new Date(chat.updatedAt);
  if (chat.pinned) return 'pinned';
  if (changed >= midnight) return 'today';
  return changed >= weekAgo ? 'week' : 'earlier';
}
