/** The words of links for others, and of chats as files. */
export const sharingStrings = {
  share: 'Share and export',
  link: 'Link for others',
  linkText:
    'Whoever has the link can read this branch of the chat as it is now. What is said later isn’t shown, nor what the model thought.',
  ends: 'The link ends',
  duration: (days: number) => (days === 0 ? 'Never' : `In ${days} days`),
  make: 'Make a link',
  copyNow: 'Your link. Copy it now: it is not shown again.',
  copyLink: 'Copy link',
  linkCopied: 'Link copied',
  nothingYet: 'There is nothing to share yet.',
  links: 'Links that lead here',
  allLinks: 'Shared links',
  allLinksText: 'Whoever has one of these can read a chat as it was when the link was made.',
  noLinks: 'None. A link is made in the chat that it shows.',
  untitled: 'Untitled chat',
  messages: (count: number) => (count === 1 ? '1 message' : `${count.toLocaleString()} messages`),
  made: (date: string) => `made ${date}`,
  until: (date: string) => `until ${date}`,
  revoke: 'Revoke',
  revokeNamed: (what: string) => `Revoke the link of ${what}`,
  revokeTitle: 'Revoke this link?',
  revokeText: 'Whoever has it can no longer read the chat.',
  keep: 'A copy for you',
  keepText:
    'JSON has all of the chat and can be imported again. Markdown is this chat’s newest branch, to be read.',
  download: (format: string) => `Download ${format}`,
  done: 'Done',

  import: {
    title: 'Import a chat',
    text: 'From a JSON file that a chat was downloaded as, here or elsewhere. It costs nothing.',
    choose: 'Choose a file',
    importing: 'Importing…',
    done: (title: string) => `“${title}” is imported.`,
    open: 'Open it',
    notJson: (name: string) => `${name} is no JSON file.`,
    omitted: {
      images: (count: number) =>
        count === 1 ? '1 image was left out.' : `${count.toLocaleString()} images were left out.`,
      files: (count: number) =>
        count === 1 ? '1 text file was left out.' : `${count.toLocaleString()} text files were left out.`,
      summaries: (count: number) =>
        count === 1 ? '1 summary was left out.' : `${count.toLocaleString()} summaries were left out.`,
      sources: (count: number) =>
        count === 1 ? '1 source was left out.' : `${count.toLocaleString()} sources were left out.`,
    },
  },

  shared: {
    about: (date: string) => `Shared on ${date}`,
    snapshot: 'A snapshot of a chat with an AI model. It can be wrong.',
    goneTitle: 'This link leads nowhere',
    gone: 'It may have ended, or whoever shared the chat has taken it back.',
    startOwn: 'Start a chat of your own',
  },
};
