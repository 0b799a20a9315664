/** Where a reader puts frames: a connection with a bounded buffer. */
export interface FrameSink {
  /**
   * False when the connection is full: write no more until it drains. The frames are taken all the same.
   * @param frames bytes are kept by reference until they are sent
   */
  write(frames: string | Buffer): boolean;
  /** Ends the response after what was written. */
  end(): void;
  /** Cuts the connection, and forgets what wasn't sent yet. */
  destroy(): void;
  /** Called whenever the connection has room again after it was full, or oftener. */
  onDrain(listener: () => void): void;
  /** Called once, when the response has ended or the client is gone. */
  onClose(listener: () => void): void;
}
