import type { EventSourceMessage } from 'eventsource-parser';
import type { StreamBrokenError } from '../errors/stream-broken-error.ts';

export type ConnectionState = 'open' | 'reconnecting';

export interface StreamOptions {
  /** Ends the reading, with the signal's reason. It never stops the reply: `stopGeneration` does. */
  signal?: AbortSignal | undefined;
  /** Whether a broken connection is resumed where it broke. Default: true. */
  reconnect?: boolean | undefined;
  /**
   * Milliseconds after which a connection that says nothing, not even a heartbeat, counts as broken. Default: 37,500,
   * which is 2.5 times the server's default `HEARTBEAT_MS`.
   */
  silenceMs?: number | undefined;
  /**
   * Whether the connection is closed while nobody looks at the page, and resumed where it was once somebody does.
   * Over HTTP/1.1 a browser has six connections to a server for all its tabs: those of hidden tabs are missing in the
   * one on view. A reply that hasn't begun is awaited all the same. Default: false.
   */
  pauseWhenHidden?: boolean | undefined;
  /** Called when the connection is lost and is to be resumed, and when it is open again. */
  onConnectionChange?: ((state: ConnectionState) => void) | undefined;
}

/** A log at the server, and how far it has been read. */
export interface Log {
  /** Opens a connection to what comes after the last event seen. */
  open: (signal: AbortSignal) => Promise<Response>;
  /** Whether it is known to exist, so that opening it again is only reading. */
  begun: () => boolean;
  /** Makes the error of a connection that broke. */
  broken: (options?: ErrorOptions) => StreamBrokenError;
}

/** What a reader hears: that a connection has opened, and then its events. */
export type Heard = 'opened' | EventSourceMessage;
