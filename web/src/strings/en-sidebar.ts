/** The text of the list of chats, of search, and of keyboard shortcuts. */
export const sidebarStrings = {
  chats: {
    navigation: 'Chats',
    newChat: 'New chat',
    none: 'No chats yet.',
    options: (title: string) => `Options for ${title}`,
    title: 'Chat title',
    pin: 'Pin',
    unpin: 'Unpin',
    archive: 'Archive',
    unarchive: 'Unarchive',
    archived: 'Archived',
    noneArchived: 'No archived chats.',
    backToChats: 'Back to chats',
    wasDeleted: (title: string) => `“${title}” was deleted`,
    wasArchived: (title: string) => `“${title}” was archived`,
    wasRestored: (title: string) => `“${title}” was restored`,
    groups: { pinned: 'Pinned', today: 'Today', week: 'This week', earlier: 'Earlier' },
  },

  search: {
    open: 'Search',
    title: 'Search your chats',
    hint: 'Enter words from a message or a title.',
    noResults: (text: string) => `No results for “${text}”`,
    results: 'Search results',
    resultCount: (count: number) => (count === 1 ? '1 result' : `${count} results`),
    saidBy: (speaker: string) => `${speaker}:`,
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    send: 'Send message',
    newLine: 'New line',
    editLast: 'Edit your last message (in an empty box)',
    stop: 'Stop the reply',
    list: 'Show this list',
  },
};
