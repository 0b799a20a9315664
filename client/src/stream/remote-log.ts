import type { EventSourceMessage } from 'eventsource-parser';
import type { StreamBrokenError } from '../errors/stream-broken-error.ts';

/** A log of events on the server, and how far it has been read. */
export interface RemoteLog {
  /** Requests the events after the last one seen. */
  open: (signal: AbortSignal) => Promise<Response>;
  /** Whether the log is known to exist, so that opening it again only reads. */
  exists: () => boolean;
  /** Creates the error for a connection that broke. */
  brokenError: (options?: ErrorOptions) => StreamBrokenError;
}

/** What reading a log yields: `opened` for each new connection, and then its events. */
export type StreamItem = 'opened' | EventSourceMessage;
