export type ViolationKind =
  // Law 1
  | 'event-not-in-log'
  | 'event-changed'
  | 'cursor-taken-back'
  | 'lost-too-much'
  | 'given-up'
  // Law 2
  | 'no-terminal'
  | 'several-terminals'
  | 'still-running'
  | 'status-contradicted'
  | 'end-moved'
  | 'text-not-stored'
  | 'reader-without-end'
  | 'reader-after-end'
  // Law 3
  | 'hole-in-log'
  | 'reader-gap'
  | 'reader-repeat'
  | 'reader-of-another-reply'
  // Law 4
  | 'message-is-not-the-log'
  | 'snapshot-without-cause'
  | 'snapshot-is-not-the-message'
  // Law 5
  | 'stop-without-end'
  | 'stop-without-charge'
  // Law 6
  | 'reservation-missing'
  | 'reservation-open'
  | 'release-differs'
  | 'charge-beyond-reservation'
  | 'charge-contradicted'
  // Law 8
  | 'key-with-several-replies'
  | 'reply-without-key'
  // Law 9
  | 'reader-starved'
  // The reply that it continues isn't its parent, or is empty.
  | 'continues-nothing'
  // The model's text is missing in the log.
  | 'model-misquoted'
  // Other responses that a correct server never gives.
  | 'refused'
  | 'lost-chat'
  | 'defect';

export type Report = (kind: ViolationKind, detail: string) => void;

/** A broken law. */
export interface Violation {
  kind: ViolationKind;
  generationId: string | null;
  detail: string;
}
