import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { reasonOf } from './probe.ts';

const DAY = 86_400_000;
/** Certificates are renewed a month before their end; with less than that left, it has failed (days). */
const FEW_DAYS = 14;
const PATIENCE = 10_000;

/** The certificate, and what browsers will speak. Nothing is said over the connection. */
export async function checkTls(url: string): Promise<Finding[]> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:') return [plainHttp(host)];
  const socket = connect({
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['h2', 'http/1.1'],
    // A certificate that isn't valid is looked at too.
    rejectUnauthorized: false,
    timeout: PATIENCE,
  });
  socket.on('timeout', () => socket.destroy(new Error('the handshake took too long')));
  try {
    await once(socket, 'secureConnect');
    return [certificateFinding(socket), versionFinding(socket.alpnProtocol)];
  } catch (error) {
    return [problem('certificate', `no TLS: ${reasonOf(error)}`, 'Does the proxy serve https on this port?')];
  } finally {
    socket.destroy();
  }
}

function plainHttp(host: string): Finding {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) {
    return ok('certificate', 'none is needed on this machine');
  }
  const advice = 'Put a proxy with a certificate in front, and set PUBLIC_URL to its https address.';
  return warning('certificate', 'the address is plain http: anybody on the way can read along', advice);
}

function certificateFinding(socket: TLSSocket): Finding {
  const renew = 'Renew it, and look at what should have.';
  if (!socket.authorized) {
    const why = String(socket.authorizationError);
    return problem(
      'certificate',
      `it isn’t trusted: ${why}`,
      `${renew} Does the proxy send the whole chain?`,
    );
  }
  const until = new Date(socket.getPeerCertificate().valid_to);
  const days = Math.floor((until.getTime() - Date.now()) / DAY);
  const detail = `valid until ${until.toISOString().slice(0, 10)}`;
  return days < FEW_DAYS
    ? warning('certificate', `${detail}: ${days} days`, renew)
    : ok('certificate', detail);
}

function versionFinding(protocol: string | false | null): Finding {
  if (protocol === 'h2') return ok('HTTP version', 'HTTP/2: any number of streams share a connection');
  return warning(
    'HTTP version',
    'HTTP/1.1: a browser has six connections for all its tabs',
    'Switch on HTTP/2 at the proxy.',
  );
}
