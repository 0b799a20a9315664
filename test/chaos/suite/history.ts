/** An event as the client received it. */
export interface SeenEvent {
  generationId: string;
  sequence: number;
  name: string;
  /** JSON. */
  data: string;
  /** When it arrived (Unix ms). */
  at: number;
}

/**
 * How a reading ended: with the reply; because nothing was left after its cursor (204); because the tab was closed; because the
 * chat was gone (404); refused for another reason; or not at all, in a time in which it should have.
 */
export type ReadingEnd = 'ended' | 'nothing-left' | 'left' | 'gone' | 'refused' | 'starved';

/** What one tab saw of one reply, over all its connections. */
export interface Reading {
  tab: string;
  userId: string;
  /** The reply it follows; null if it requests one and learns the id from the first event. */
  generationId: string | null;
  /** The Idempotency-Key of its request; null if it only follows. */
  key: string | null;
  /** The sequence after which it began. */
  after: number;
  events: SeenEvent[];
  end: ReadingEnd;
}

/** What all clients saw in a run. */
export interface History {
  readings: Reading[];
  /** Requested replies that continue another one. */
  continuations: number;
  /** Answers to stops. */
  stops: { generationId: string; status: string }[];
  /** Responses that a correct server never gives. */
  refusals: { request: string; status: number; code: string; detail: string }[];
  /** Processes may have pruned the events of replies that ended before this time (Unix ms); null if none are pruned. */
  prunedBefore: number | null;
  redisRestarts: readonly RedisRestart[];
}

/** From the end of Redis until its restart (Unix ms). The saved data is complete here, but servers must assume that the last second is missing. */
export interface RedisRestart {
  from: number;
  to: number;
  data: 'kept' | 'lost';
}
