import type { RequestEcho } from '@millrace/protocol';
import { diagnosticsUrl, echoOf } from './access.ts';
import type { Access } from './access.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { ask } from './probe.ts';

/** An address for documentation (RFC 5737). No real client has it, so it identifies our own claim. */
const CLAIMED_ADDRESS = '203.0.113.7';

const SENT = {
  'last-event-id': 'doctor:7',
  'idempotency-key': 'doctor-7',
  'accept-encoding': 'identity;q=1, *;q=0',
};

/** What fails when a header is lost. */
const CONSEQUENCES = {
  'last-event-id': 'a reply can’t be resumed after a broken connection',
  'idempotency-key': 'a message that is sent twice is answered twice',
  authorization: 'API keys and tokens don’t work',
};

/** Checks whether request headers reach the server unchanged. */
export async function checkRequest(url: string, access: Access): Promise<Finding[]> {
  const target = diagnosticsUrl(url, 'request', access);
  const headers = { authorization: 'Bearer doctor', ...SENT, origin: new URL(url).origin, ...access.headers };
  const echo = echoOf(await ask(target, { headers }));
  const claim = { ...access.headers, 'x-forwarded-for': CLAIMED_ADDRESS };
  const claimed = echoOf(await ask(target, { headers: claim }));
  if (echo === null) return [lost('request', 'the server did not answer')];
  return [
    ...headerFindings(echo.headers),
    ...sameFinding(
      'Host',
      echo.headers.host,
      new URL(url).host,
      'Set PUBLIC_URL, or configure the proxy to forward Host.',
    ),
    ...sameFinding(
      'Origin',
      echo.headers.origin,
      headers.origin,
      'Configure the proxy to forward Origin. Sign-ins are refused without it.',
    ),
    // A local server may refuse a request that claims an address.
    ...(claimed === null ? [] : [forwardingFinding(claimed)]),
  ];
}

function headerFindings(arrived: RequestEcho['headers']): Finding[] {
  const findings: Finding[] = [];
  for (const name of ['last-event-id', 'idempotency-key'] as const) {
    findings.push(
      arrived[name] === SENT[name] ? ok(titleOf(name), 'arrives unchanged') : lost(name, CONSEQUENCES[name]),
    );
  }
  findings.push(
    arrived.authorization === undefined
      ? lost('authorization', CONSEQUENCES.authorization)
      : ok('Authorization', 'arrives unchanged'),
  );
  // A changed value is harmless, because the server doesn't compress streams.
  const encoding = arrived['accept-encoding'];
  const same = encoding === SENT['accept-encoding'];
  findings.push(
    ok('Accept-Encoding', same ? 'arrives unchanged' : `a proxy sends "${encoding ?? ''}" instead`),
  );
  return findings;
}

function lost(name: string, consequence: string): Finding {
  const detail = `is lost or changed: ${consequence}`;
  return problem(titleOf(name), detail, 'Configure the proxy to forward this header.');
}

function sameFinding(name: string, arrived: string | undefined, sent: string, advice: string): Finding[] {
  if (arrived === sent) return [ok(name, 'arrives unchanged')];
  return [warning(name, `arrives as "${arrived ?? ''}", not as "${sent}"`, advice)];
}

/** Compares `TRUST_PROXY` with the number of proxies that append to `X-Forwarded-For`. */
function forwardingFinding({ headers, clientAddress, trustedProxies }: RequestEcho): Finding {
  const hops = (headers['x-forwarded-for'] ?? '').split(',').map((hop) => hop.trim());
  const claimIndex = hops.indexOf(CLAIMED_ADDRESS);
  const entries = hops.filter((hop) => hop !== '').length;
  // Entries after our claim were appended by proxies. Without our claim, a proxy has replaced the header.
  const proxies = claimIndex === -1 ? entries : entries - 1 - claimIndex;
  const advice = `Set TRUST_PROXY to ${proxies === 0 ? 'none' : proxies}.`;
  const trusted = trustedProxies ?? 0;
  if (trusted > proxies || clientAddress === CLAIMED_ADDRESS) {
    const detail = `TRUST_PROXY is ${trusted}, but only ${proxies} proxies append to the header: clients can forge their address`;
    return problem('X-Forwarded-For', detail, advice);
  }
  if (trusted < proxies) {
    const detail = `${proxies} proxies append to the header, but TRUST_PROXY is ${trustedProxies ?? 'none'}: rate limits count all clients as one`;
    return warning('X-Forwarded-For', detail, advice);
  }
  return ok(
    'X-Forwarded-For',
    proxies === 0 ? 'no proxy appends to it' : `TRUST_PROXY is correct: ${proxies}`,
  );
}

function titleOf(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (part) => part.toUpperCase()).replace(/-Id$/, '-ID');
}
