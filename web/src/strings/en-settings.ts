/** The text of the settings page; the account types and roles are shown by administration too. */
export const settingsStrings = {
  accountTypes: {
    password: 'Password account',
    guest: 'Guest account',
    host: 'Account of the host application',
  },
  administrator: 'Administrator',

  settings: {
    account: 'Account',
    accountType: 'Account type',
    capText: 'Stop new replies once you have used this many tokens in a month, even if your limit is higher.',
    capHint: 'A whole number. Leave empty for no cap.',
    capInvalid: 'Enter a whole number, such as 20000, or leave the field empty for no cap.',
    removeCap: 'Remove cap',
    capSaved: (tokens: string) => `Cap saved: ${tokens} tokens per month`,
    capRemoved: 'Cap removed',
    themeText: 'Saved in this browser.',
  },

  keys: {
    title: 'API keys',
    text: 'API keys let programs act as you. Their usage counts toward your budget.',
    nameHint: 'The program that will use the key.',
    create: 'Create key',
    shownOnce: 'Your new key. Copy it now: you can’t see it again.',
    neverUsed: 'never used',
    lastUsed: (date: string) => `last used ${date}`,
    revokeNamed: (name: string) => `Revoke ${name}`,
    revokeTitle: 'Revoke this key?',
    revokeText: (name: string) => `Programs that use “${name}” will lose access immediately.`,
  },
};
