/** How far back in a path summaries, and the messages for a new one, are looked for: in multiples of the context. */
export const SUMMARY_LOOKBACK_CONTEXTS = 4;
