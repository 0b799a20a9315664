import type { RequestEcho } from '@millrace/protocol';
import { diagnosticsUrl, echoOf } from './access.ts';
import type { Access } from './access.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { ask } from './probe.ts';

/** Nobody has this address (RFC 5737): who claims it is us. */
const CLAIMED_ADDRESS = '203.0.113.7';

const SENT = {
  'last-event-id': 'doctor:7',
  'idempotency-key': 'doctor-7',
  'accept-encoding': 'identity;q=1, *;q=0',
};

/** What the server is for without each of them. */
const LOSSES = {
  'last-event-id': 'a reply whose connection breaks can’t go on where it was',
  'idempotency-key': 'a message that is sent again is asked again',
  authorization: 'programs can’t be known by their keys and tokens',
};

/** Whether what clients say reaches the server as they said it. */
export async function checkRequest(url: string, access: Access): Promise<Finding[]> {
  const target = diagnosticsUrl(url, 'request', access);
  const headers = { authorization: 'Bearer doctor', ...SENT, origin: new URL(url).origin, ...access.headers };
  const echo = echoOf(await ask(target, { headers }));
  const claim = { ...access.headers, 'x-forwarded-for': CLAIMED_ADDRESS };
  const claimed = echoOf(await ask(target, { headers: claim }));
  if (echo === null) return [lost('request', 'the answer is not the server’s')];
  return [
    ...headerFindings(echo.headers),
    ...sameFinding(
      'Host',
      echo.headers.host,
      new URL(url).host,
      'Set PUBLIC_URL, or let the proxy keep Host.',
    ),
    ...sameFinding(
      'Origin',
      echo.headers.origin,
      headers.origin,
      'Let the proxy keep Origin: sign-ins are refused.',
    ),
    // A server on its own machine asks more of whoever claims an address.
    ...(claimed === null ? [] : [forwardingFinding(claimed)]),
  ];
}

function headerFindings(arrived: RequestEcho['headers']): Finding[] {
  const findings: Finding[] = [];
  for (const name of ['last-event-id', 'idempotency-key'] as const) {
    findings.push(
      arrived[name] === SENT[name] ? ok(titleOf(name), 'arrives as it was sent') : lost(name, LOSSES[name]),
    );
  }
  findings.push(
    arrived.authorization === undefined
      ? lost('authorization', LOSSES.authorization)
      : ok('Authorization', 'arrives as it was sent'),
  );
  // What a proxy asks of us in its own name does no harm: we don't compress streams.
  const encoding = arrived['accept-encoding'];
  const same = encoding === SENT['accept-encoding'];
  findings.push(
    ok('Accept-Encoding', same ? 'arrives as it was sent' : `a proxy sends "${encoding ?? ''}" instead`),
  );
  return findings;
}

function lost(name: string, consequence: string): Finding {
  const detail = `it doesn’t arrive as it was sent: ${consequence}`;
  return problem(titleOf(name), detail, 'Let the proxy pass this header on.');
}

function sameFinding(name: string, arrived: string | undefined, sent: string, advice: string): Finding[] {
  if (arrived === sent) return [ok(name, 'arrives as it was sent')];
  return [warning(name, `"${arrived ?? ''}" arrives, and not "${sent}"`, advice)];
}

/** Whether `TRUST_PROXY` is the number of proxies that say who calls. */
function forwardingFinding({ headers, clientAddress, trustedProxies }: RequestEcho): Finding {
  const hops = (headers['x-forwarded-for'] ?? '').split(',').map((hop) => hop.trim());
  const place = hops.indexOf(CLAIMED_ADDRESS);
  const entries = hops.filter((hop) => hop !== '').length;
  // What stands after our claim was added on the way; where it is gone, somebody has written the header anew.
  const proxies = place === -1 ? entries : entries - 1 - place;
  const set = `Set TRUST_PROXY to ${proxies === 0 ? 'none' : proxies}.`;
  const trusted = trustedProxies ?? 0;
  if (trusted > proxies || clientAddress === CLAIMED_ADDRESS) {
    const detail = `TRUST_PROXY is ${trusted}, but ${proxies} proxies say who calls: anybody can claim any address`;
    return problem('X-Forwarded-For', detail, set);
  }
  if (trusted < proxies) {
    const detail = `${proxies} proxies say who calls, and TRUST_PROXY is ${trustedProxies ?? 'none'}: limits take all callers for one`;
    return warning('X-Forwarded-For', detail, set);
  }
  return ok('X-Forwarded-For', proxies === 0 ? 'no proxy adds to it' : `TRUST_PROXY fits: ${proxies}`);
}

function titleOf(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (part) => part.toUpperCase()).replace(/-Id$/, '-ID');
}
