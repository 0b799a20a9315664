import { getConnInfo } from '@hono/node-server/conninfo';
import { isLoopback } from '../../config.ts';
import type { AppContext } from '../environment.ts';

/**
 * The caller's network address. Behind `trustedProxies` proxies it is the entry of `x-forwarded-for` that the outermost of
 * them wrote; what stands before it is whatever the caller claimed.
 */
export function clientAddress(c: AppContext, trustedProxies: number | null): string {
  if (trustedProxies !== null) {
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());
    const claimed = hops.at(-trustedProxies);
    if (claimed !== undefined && claimed !== '') return claimed;
  }
  return peerAddress(c);
}

/** Whether the connection itself comes from this machine, and no proxy says otherwise. */
export function isFromLoopback(c: AppContext): boolean {
  return c.req.header('x-forwarded-for') === undefined && isLoopback(peerAddress(c));
}

function peerAddress(c: AppContext): string {
  return (getConnInfo(c).remote.address ?? '').replace(/^::ffff:/, '');
}
