import type { Role } from '@millrace/protocol';

/** A user of the host application. */
export interface HostUser {
  /** Identifies the user for ever. The host never reuses it for another user. */
  id: string | number;
  name?: string | undefined;
  email?: string | null | undefined;
  /** The roles of the user on this server. Absent: administrators of this server assign the role, which is `user` at first. */
  roles?: readonly Role[] | undefined;
}
