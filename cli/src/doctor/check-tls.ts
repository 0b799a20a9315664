import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { reasonOf } from './probe.ts';

const DAY_MS = 86_400_000;
/** Certificates are usually renewed 30 days before they expire: with fewer days than this left, the renewal has failed. */
const MIN_DAYS_LEFT = 14;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Checks the certificate and the HTTP version that browsers will use. Only the handshake is done. */
export async function checkTls(url: string): Promise<Finding[]> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:') return [plainHttp(host)];
  const socket = connect({
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['h2', 'http/1.1'],
    // An invalid certificate is reported, too.
    rejectUnauthorized: false,
    timeout: HANDSHAKE_TIMEOUT_MS,
  });
  socket.on('timeout', () => socket.destroy(new Error('the handshake timed out')));
  try {
    await once(socket, 'secureConnect');
    return [certificateFinding(socket), versionFinding(socket.alpnProtocol)];
  } catch (error) {
    return [
      problem('certificate', `no TLS: ${reasonOf(error)}`, 'Check that the proxy serves https on this port.'),
    ];
  } finally {
    socket.destroy();
  }
}

function plainHttp(host: string): Finding {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) {
    return ok('certificate', 'not needed on this machine');
  }
  const advice = 'Put a proxy with a certificate in front, and set PUBLIC_URL to its https URL.';
  return warning(
    'certificate',
    'the address is plain http: others on the network can read everything',
    advice,
  );
}

function certificateFinding(socket: TLSSocket): Finding {
  const renew = 'Renew it, and check the automatic renewal.';
  if (!socket.authorized) {
    const why = String(socket.authorizationError);
    return problem(
      'certificate',
      `is not trusted: ${why}`,
      `${renew} Also check that the proxy sends the whole certificate chain.`,
    );
  }
  const until = new Date(socket.getPeerCertificate().valid_to);
  const days = Math.floor((until.getTime() - Date.now()) / DAY_MS);
  const detail = `valid until ${until.toISOString().slice(0, 10)}`;
  return days < MIN_DAYS_LEFT
    ? warning('certificate', `${detail}, in ${days} days`, renew)
    : ok('certificate', detail);
}

function versionFinding(protocol: string | false | null): Finding {
  if (protocol === 'h2') return ok('HTTP version', 'HTTP/2: all streams share one connection');
  return warning(
    'HTTP version',
    'HTTP/1.1: a browser opens only six connections for all its tabs',
    'Turn on HTTP/2 at the proxy.',
  );
}
