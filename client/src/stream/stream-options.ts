export type ConnectionState = 'open' | 'reconnecting';

export interface StreamOptions {
  /** Ends the reading, with the signal's reason. It never stops the reply; use `stopGeneration` for that. */
  signal?: AbortSignal | undefined;
  /** Whether a broken connection is resumed where it broke. Default: true. */
  reconnect?: boolean | undefined;
  /**
   * Milliseconds without any data, not even a heartbeat, after which a connection counts as broken. Default: 37,500,
   * which is 2.5 times the server's default `HEARTBEAT_MS`.
   */
  idleTimeoutMs?: number | undefined;
  /**
   * Whether the connection is closed while the page is hidden, and resumed once it is visible. Over HTTP/1.1 a
   * browser opens six connections to a server for all its tabs, so hidden tabs can starve the visible one. A request
   * that starts a reply is still sent from a hidden page. Default: false.
   */
  pauseWhenHidden?: boolean | undefined;
  /** Called when the connection is lost and will be resumed, and when it is open again. */
  onConnectionChange?: ((state: ConnectionState) => void) | undefined;
}
