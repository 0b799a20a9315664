import { isIPv6 } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { AppContext } from '../environment.ts';
import { isLoopback } from './loopback.ts';

/**
 * The client's network address. Behind `trustedProxies` proxies it is the entry of `x-forwarded-for` that the outermost of
 * them added; the client itself can forge the entries before that one.
 */
export function clientAddress(c: AppContext, trustedProxies: number | null): string {
  if (trustedProxies !== null) {
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());
    const claimed = hops.at(-trustedProxies);
    if (claimed !== undefined && claimed !== '') return claimed;
  }
  return peerAddress(c);
}

/** Whether the connection comes from this machine, and not through a proxy. */
export function isFromLoopback(c: AppContext): boolean {
  return c.req.header('x-forwarded-for') === undefined && isLoopback(peerAddress(c));
}

/** The network of one subscriber: an IPv4 address, or the /64 network of an IPv6 address, in full notation. */
export function networkOf(address: string): string {
  const [plain = ''] = address.replace(/^::ffff:(?=[\d.]+$)/i, '').split('%', 1);
  if (!isIPv6(plain)) return plain;
  // `URL` normalizes the address: lower case, without an embedded IPv4 address.
  const [head = '', tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const gap = Array.from({ length: 8 - (before?.length ?? 0) - (after?.length ?? 0) }, () => '0');
  return `${[...(before ?? []), ...gap, ...(after ?? [])].slice(0, 4).join(':')}::/64`;
}

/** Clients without a known address share the limits of one address. */
const UNKNOWN_ADDRESS = '0.0.0.0';

function peerAddress(c: AppContext): string {
  if (c.env.incoming === undefined) return UNKNOWN_ADDRESS;
  return (getConnInfo(c).remote.address ?? UNKNOWN_ADDRESS).replace(/^::ffff:/, '');
}
