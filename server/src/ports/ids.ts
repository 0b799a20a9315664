/** Generates identifiers. */
export interface Ids {
  /** A UUIDv7, ordered by time; within one process also within a millisecond. */
  uuid(): string;
  /** 16 characters of 0-9A-Za-z, ordered by time to the millisecond. */
  generationId(): string;
  /** 22 characters of 0-9A-Za-z_-: 128 random bits, too many to guess. */
  mediaId(): string;
}
