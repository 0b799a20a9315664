/** What one does with messages. */
export const messages = {
  edit: 'Edit',
  editLabel: 'Edit your message',
  editHint: 'A new version is made. This one stays.',
  copyOwn: 'Copy message',
  versions: (number: string, count: string) => `Version ${number} of ${count}`,
  versionShort: (number: string, count: string) => `${number}/${count}`,
  previousVersion: 'Previous version',
  nextVersion: 'Next version',
  anotherModel: 'Answer with another model',
};
