import type { Config } from './config.ts';
import { hostnameOf, isLoopback } from './http/auth/loopback.ts';

/** Who can reach the server, as far as its settings tell. */
export interface Reach {
  /** Somebody besides the people at this machine can. */
  isPublic: boolean;
  /** Something may stand in front: then a connection from this machine says nothing about who is calling. */
  isProxied: boolean;
  /**
   * Hostnames a request may be addressed to besides those of loopback; null for any. A server that only this machine can
   * reach takes no others: they would be of a foreign page that rebound its own name to us (DNS rebinding).
   */
  hostnames: readonly string[] | null;
}

/** @param isHosted whether a host application says who is calling: then it says too by which names it is called, and by whom */
export function reachOf(
  config: Pick<Config, 'HOST' | 'PUBLIC_URL' | 'TRUST_PROXY'>,
  { isHosted }: { isHosted: boolean },
): Reach {
  if (isHosted) return { isPublic: true, isProxied: true, hostnames: null };
  const publicHostname = config.PUBLIC_URL === null ? null : hostnameOf(new URL(config.PUBLIC_URL).host);
  const isListeningWidely = !isLoopback(config.HOST);
  const hasProxy = config.TRUST_PROXY !== null;
  return {
    isPublic: isListeningWidely || hasProxy || (publicHostname !== null && !isLoopback(publicHostname)),
    isProxied: hasProxy || publicHostname !== null,
    hostnames: isListeningWidely || hasProxy ? null : publicHostname === null ? [] : [publicHostname],
  };
}
