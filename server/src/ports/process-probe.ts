/** Detects that a process of this machine has ended, so that its generations needn't wait for its lease to expire. */
export interface ProcessProbe {
  /** Identifies this process. */
  readonly self: string;
  /** Returns true only when the process has certainly ended. */
  isGone(process: string): boolean;
}
