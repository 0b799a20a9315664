/** An event as it came over the wire. */
export interface SeenEvent {
  generationId: string;
  sequence: number;
  name: string;
  /** JSON. */
  data: string;
  /** When it came (Unix ms). */
  at: number;
}

/**
 * How a reading ended: with the reply; because nothing was left after its cursor (204); because the tab was closed; because the
 * chat was gone (404); refused for another reason; or not at all, in a time in which it should have.
 */
export type ReadingEnd = 'ended' | 'nothing-left' | 'left' | 'gone' | 'refused' | 'starved';

/** All that one tab saw of one reply, over however many connections. */
export interface Reading {
  tab: string;
  userId: string;
  /** The reply it follows; null when it asks for one, and learns which from the first event. */
  generationId: string | null;
  /** The Idempotency-Key it asked with; null when it only followed. */
  key: string | null;
  /** The sequence after which it began. */
  after: number;
  events: SeenEvent[];
  end: ReadingEnd;
}

/** What clients saw of a run. */
export interface History {
  readings: Reading[];
  /** Requested replies that continue another one. */
  continuations: number;
  /** Answers to stops. */
  stops: { generationId: string; status: string }[];
  /** Answers that no healthy server gives. */
  refusals: { request: string; status: number; code: string; detail: string }[];
  /** Processes may have thrown away the events of replies that ended before this instant (Unix ms); null keeps all. */
  prunedBefore: number | null;
  redisRestarts: readonly RedisRestart[];
}

/** From the end of Redis until it was there again (Unix ms). Kept data is whole here, which servers can't know: its last second may lack. */
export interface RedisRestart {
  from: number;
  to: number;
  data: 'kept' | 'lost';
}
