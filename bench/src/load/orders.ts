import type { HistogramData } from '../measure/histogram.ts';

/** Streams to open: one connection for each request. */
export interface StreamOrder {
  port: number;
  /** In the place of that one, in turns. */
  ports?: readonly number[] | undefined;
  /** Whole HTTP/1.1 requests; a number repeats the one that follows it. */
  requests: string[];
  /** As often each request is sent, on a connection each time. */
  times?: number;
  /** Stamps that each response must bring; 0 when that isn't known. */
  chunks: number;
  /** Over so long the requests are sent (ms); 0 sends all at once. All connections are open before the first is. */
  spread?: number;
  /** So many connections may wait for their head; by default all. */
  opening?: number;
  /** Reads nothing after the head. */
  isStalling?: boolean;
  /** Of so many responses one is scanned in full; of the others the last stamp of each read counts. */
  scanOneIn?: number;
}

/** What arrived in some span of time. Times in µs. */
export interface Arrivals {
  chunks: number;
  bytes: number;
  /** From the moment the model wrote a chunk to the moment it was read. */
  delays: HistogramData;
  /** From a request to its first chunk. */
  first: HistogramData;
  /** How long the span was. */
  elapsed: number;
  /** What the load process itself used. */
  cpu: number;
}

export interface StreamReport extends Arrivals {
  /** Streams that had not ended when the time was up. */
  unfinished: number;
  /** From the first request to the last chunk (µs). */
  lasted: number;
}

/** Requests to make one after the other, in so many lanes. */
export interface RepeatOrder {
  port: number;
  requests: string[];
  lanes: number;
  /** Makes them again and again for so long (ms); otherwise each once. */
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
