/** The base class of this client's errors. */
export abstract class MillraceError extends Error {}
