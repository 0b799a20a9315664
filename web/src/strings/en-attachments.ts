/** The words of what is attached to messages. */
export const attachments = {
  attach: 'Attach images or text files',
  drop: 'Drop images and text files here',
  waiting: 'Files to send',
  uploading: (name: string, percent: number) => `${name}: ${percent} % uploaded`,
  remove: (name: string) => `Remove ${name}`,
  open: (name: string) => `Open ${name}`,
  pasted: 'pasted.png',
  tooLarge: (limit: string) => `Larger than ${limit}`,
  tooMany: (limit: number) => `At most ${limit} files in one message`,
  close: 'Close',
  original: 'Open by itself',
  megabytes: (count: string) => `${count} MB`,
};
