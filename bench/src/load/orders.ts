import type { HistogramData } from '../measure/histogram.ts';

/** Streams to open: one connection for each request. */
export interface StreamOrder {
  port: number;
  /** Several targets, used in turns. */
  ports?: readonly number[] | undefined;
  /** Whole HTTP/1.1 requests; a number repeats the next request. */
  requests: string[];
  /** How often each request is sent, each time on a new connection. */
  times?: number;
  /** The number of stamps that each response must contain; 0 if it isn't known. */
  chunks: number;
  /** The time over which the requests are sent (ms); 0 sends all at once. All connections are opened before the first request. */
  spread?: number;
  /** How many connections may wait for the head of their response; by default all. */
  opening?: number;
  /** Reads nothing after the head. */
  isStalling?: boolean;
  /** One in this number of responses is scanned in full. In the others only the last stamp of each read is used. */
  scanOneIn?: number;
}

/** The measurements of a period. Times in µs. */
export interface Arrivals {
  chunks: number;
  bytes: number;
  /** From the moment the model wrote a chunk to the moment it was read. */
  delays: HistogramData;
  /** From a request to its first chunk. */
  first: HistogramData;
  /** The length of the period. */
  elapsed: number;
  /** The resources that the load process used. */
  cpu: number;
}

export interface StreamReport extends Arrivals {
  /** Streams that had not ended at the timeout. */
  unfinished: number;
  /** From the first request to the last chunk (µs). */
  lasted: number;
}

/** Requests that are sent one after the other, in parallel lanes. */
export interface RepeatOrder {
  port: number;
  requests: string[];
  lanes: number;
  /** Repeats them for this time (ms); by default each is sent once. */
  duration?: number;
}

/** Times in µs from the request. */
export interface RepeatReport {
  /** To the first byte of the body. */
  firstByte: HistogramData;
  /** To the first chunk of the model. */
  first: HistogramData;
  /** To the end of the response. */
  whole: HistogramData;
  /** Of all bodies. */
  bytes: number;
  requests: number;
  chunks: number;
}
