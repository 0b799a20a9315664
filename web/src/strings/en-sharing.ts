/** "1 image", "2 images". */
function count(amount: number, noun: string): string {
  return amount === 1 ? `1 ${noun}` : `${amount.toLocaleString()} ${noun}s`;
}

function notImported(noun: string): (amount: number) => string {
  return (amount) => `${count(amount, noun)} not imported.`;
}

/** The text of share links, of the page they open, and of chats as files. */
export const sharingStrings = {
  title: 'Share and export',
  newLink: 'Share link',
  newLinkText:
    'Anyone with the link can read this branch of the chat as it is now. Later messages and the model’s thoughts aren’t shared.',
  create: 'Create link',
  shownOnce: 'Your new link. Copy it now: you can’t see it again.',
  links: 'Links to this chat',
  allLinks: 'Shared links',
  allLinksText: 'Anyone with one of these links can read the chat as it was when the link was created.',
  noLinks: 'No links yet. To create one, open a chat and choose “Share and export”.',
  untitled: 'Untitled chat',
  messages: (amount: number) => count(amount, 'message'),
  revokeNamed: (title: string) => `Revoke the link to ${title}`,
  revokeTitle: 'Revoke this link?',
  revokeText: 'People with this link will no longer be able to read the chat.',
  download: 'Download',
  downloadText:
    'JSON contains the whole chat and can be imported again. Markdown contains its newest branch.',
  downloadAs: (format: string) => `Download ${format}`,

  import: {
    title: 'Import a chat',
    text: 'Choose a chat that was downloaded as JSON, from this server or another one. Importing is free.',
    choose: 'Choose file',
    importing: 'Importing…',
    done: (title: string) => `Imported “${title}”.`,
    open: 'Open chat',
    notJson: (name: string) => `${name} isn’t a JSON file. Choose a chat that was downloaded as JSON.`,
    omitted: {
      images: notImported('image'),
      files: notImported('text file'),
      summaries: (amount: number) =>
        (amount === 1 ? '1 summary' : `${amount.toLocaleString()} summaries`).concat(' not imported.'),
      sources: notImported('source'),
    },
  },

  shared: {
    sharedOn: (date: string) => `Shared on ${date}`,
    disclaimer: 'A copy of a chat with an AI model. AI can make mistakes.',
    goneTitle: 'This link is invalid or has expired',
    gone: 'Ask the person who shared it for a new link.',
    startOwn: 'Start your own chat',
  },
};
