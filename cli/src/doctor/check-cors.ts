import { ok, problem } from './finding.ts';
import type { Finding } from './finding.ts';
import { ask } from './probe.ts';

const REQUIRED_HEADERS = ['authorization', 'content-type', 'idempotency-key', 'last-event-id'];

/** Checks whether pages of each origin in `CORS_ORIGINS` may call the API. */
export async function checkCors(url: string, origins: readonly string[]): Promise<Finding[]> {
  return Promise.all(origins.map((origin) => checkOrigin(url, origin)));
}

async function checkOrigin(url: string, origin: string): Promise<Finding> {
  const { status, headers } = await ask(`${url}/api/chats`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': REQUIRED_HEADERS.join(','),
    },
  });
  const allowed = (headers['access-control-allow-headers'] ?? '').toLowerCase();
  const missing = REQUIRED_HEADERS.filter((name) => !allowed.includes(name));
  const advice =
    'Configure the proxy to forward OPTIONS requests and the Access-Control headers, and to add none of its own.';
  if (headers['access-control-allow-origin'] !== origin) {
    const found = headers['access-control-allow-origin'] ?? 'none';
    return problem(
      'CORS',
      `pages of ${origin} may not call: status ${status}, allowed origin ${found}`,
      advice,
    );
  }
  if (missing.length > 0)
    return problem('CORS', `pages of ${origin} may not send ${missing.join(', ')}`, advice);
  return ok('CORS', `pages of ${origin} may call`);
}
