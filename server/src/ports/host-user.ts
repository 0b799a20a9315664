import type { Role } from '@millrace/protocol';

/** Somebody the host application knows. */
export interface HostUser {
  /** Never changes, and is never given to anybody else. */
  id: string | number;
  name?: string | undefined;
  email?: string | null | undefined;
  /** What they may do here. Left out, it is for this server's administrators to say, and `user` until they do. */
  roles?: readonly Role[] | undefined;
}
