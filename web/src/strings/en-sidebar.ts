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
};
