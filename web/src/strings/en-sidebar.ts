/** The words of the sidebar, of search, and of what the keyboard does. */
export const sidebarStrings = {
  sidebar: {
    archive: 'Archive',
    unarchive: 'Unarchive',
    archived: 'Archived',
    noneArchived: 'Nothing is archived.',
    backToChats: 'Back to your chats',
    undo: 'Undo',
    dismiss: 'Dismiss',
    wasDeleted: (title: string) => `“${title}” was deleted`,
    wasArchived: (title: string) => `“${title}” was archived`,
    isBack: (title: string) => `“${title}” is back`,
  },

  search: {
    open: 'Search',
    title: 'Search your chats',
    placeholder: 'Search your chats…',
    hint: 'Words of a message or a title.',
    nothing: (text: string) => `Nothing found for “${text}”`,
    results: 'Found',
    saidBy: (speaker: string) => `${speaker}:`,
    count: (count: number) => (count === 1 ? '1 found' : `${count} found`),
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    send: 'Send the message',
    newLine: 'New line',
    editLast: 'Edit your last message, from an empty box',
    stop: 'Stop the reply',
    search: 'Search your chats',
    newChat: 'New chat',
    list: 'Show this list',
  },
};
