/** What a chat can be downloaded as, by name. */
export const CHAT_FORMATS = [
  ['markdown', 'Markdown'],
  ['json', 'JSON'],
] as const;
