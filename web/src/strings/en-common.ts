/** Text that several parts of the app show. A string that is needed in a second place moves here. */
export const commonStrings = {
  appName: 'Millrace',

  /** What buttons and menu items do. */
  actions: {
    cancel: 'Cancel',
    close: 'Close',
    continue: 'Continue',
    copy: 'Copy',
    copyLink: 'Copy link',
    delete: 'Delete',
    dismiss: 'Dismiss',
    done: 'Done',
    edit: 'Edit',
    reload: 'Reload',
    rename: 'Rename',
    retry: 'Retry',
    revoke: 'Revoke',
    save: 'Save',
    send: 'Send',
    showMore: 'Show more',
    stop: 'Stop',
    undo: 'Undo',
  },

  /** What is happening, or has just happened. */
  status: {
    loading: 'Loading…',
    saving: 'Saving…',
    saved: 'Saved',
    copied: 'Copied',
    linkCopied: 'Link copied',
  },

  /** Names of fields, columns and figures. */
  labels: {
    name: 'Name',
    email: 'Email',
    model: 'Model',
    tokens: 'Tokens',
    dollars: 'Dollars',
    perMonth: (unit: string) => `${unit} per month`,
    none: 'None',
    noLimit: 'no limit',
    you: 'You',
    guest: 'Guest',
    priceUnknown: 'price unknown',
    created: (date: string) => `created ${date}`,
    expires: (date: string) => `expires ${date}`,
  },

  /** When an API key or a link expires. */
  expiry: {
    label: 'Expires',
    choice: (days: number) => (days === 0 ? 'Never' : `In ${days} days`),
  },

  errors: {
    unknown: 'Something went wrong. Try again.',
    pageOutdated: 'This page is out of date. Reload it.',
    serverUnreachable: 'The server can’t be reached. Check your connection and try again.',
    budgetUsedUp: (date: string) => `You have used up this month’s budget. It resets on ${date}.`,
  },
};
