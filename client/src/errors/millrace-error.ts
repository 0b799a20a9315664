/** What every error of this client extends. */
export abstract class MillraceError extends Error {}
