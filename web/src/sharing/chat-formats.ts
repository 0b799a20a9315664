/** The formats that a chat can be downloaded in, and their names. */
export const CHAT_FORMATS = [
  ['markdown', 'Markdown'],
  ['json', 'JSON'],
] as const;
