import type { Config } from './config.ts';
import { hostnameOf, isLoopback } from '../http/auth/loopback.ts';

/** Who can reach the server, as far as its settings show. */
export interface Exposure {
  /** Other machines can reach the server. */
  isPublic: boolean;
  /** A proxy may stand in front: the address of a connection then says nothing about the caller. */
  isProxied: boolean;
  /**
   * Hostnames that a request's `Host` may have, besides those of loopback; null allows any. A server that only this machine can
   * reach allows no others: a foreign page could point its own hostname at the server (DNS rebinding).
   */
  hostnames: readonly string[] | null;
}

/** @param isHosted whether a host application authenticates callers; it then also decides which hostnames are valid */
export function exposureOf(
  config: Pick<Config, 'HOST' | 'PUBLIC_URL' | 'TRUST_PROXY'>,
  { isHosted }: { isHosted: boolean },
): Exposure {
  if (isHosted) return { isPublic: true, isProxied: true, hostnames: null };
  const publicHostname = config.PUBLIC_URL === null ? null : hostnameOf(new URL(config.PUBLIC_URL).host);
  const listensBeyondLoopback = !isLoopback(config.HOST);
  const hasProxy = config.TRUST_PROXY !== null;
  return {
    isPublic: listensBeyondLoopback || hasProxy || (publicHostname !== null && !isLoopback(publicHostname)),
    isProxied: hasProxy || publicHostname !== null,
    hostnames: listensBeyondLoopback || hasProxy ? null : publicHostname === null ? [] : [publicHostname],
  };
}
