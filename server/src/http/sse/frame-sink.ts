/** Where a reader writes frames: a connection with a bounded buffer. */
export interface FrameSink {
  /**
   * Returns false when the connection is full: don't write again until it drains. The frames are accepted nevertheless.
   * @param frames bytes are held by reference until they are sent
   */
  write(frames: string | Buffer): boolean;
  /** Ends the response after what was written. */
  end(): void;
  /** Closes the connection at once, and discards what wasn't sent yet. */
  destroy(): void;
  /** Called when the connection has room again after it was full, or more often. */
  onDrain(listener: () => void): void;
  /** Called once, when the response has ended or the client has disconnected. */
  onClose(listener: () => void): void;
}
