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
  rate: { good: 'Good reply', bad: 'Bad reply' },
  why: { good: 'What was good? (optional)', bad: 'What was wrong? (optional)' },
  sendNote: 'Tell',
  skipNote: 'Not now',
  firstToken: (seconds: string) => `first word after ${seconds} s`,
  firstTokenHint: 'From asking the model to its first word or thought',
  anotherModel: 'Answer with another model',
};
