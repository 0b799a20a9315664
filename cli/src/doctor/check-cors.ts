import { ok, problem } from './finding.ts';
import type { Finding } from './finding.ts';
import { ask } from './probe.ts';

const NEEDED = ['authorization', 'content-type', 'idempotency-key', 'last-event-id'];

/** Whether pages of each origin of `CORS_ORIGINS` may call. */
export async function checkCors(url: string, origins: readonly string[]): Promise<Finding[]> {
  return Promise.all(origins.map((origin) => checkOrigin(url, origin)));
}

async function checkOrigin(url: string, origin: string): Promise<Finding> {
  const { status, headers } = await ask(`${url}/api/chats`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': NEEDED.join(','),
    },
  });
  const allowed = (headers['access-control-allow-headers'] ?? '').toLowerCase();
  const missing = NEEDED.filter((name) => !allowed.includes(name));
  const advice = 'Let the proxy pass OPTIONS and the Access-Control headers on, and add none of its own.';
  if (headers['access-control-allow-origin'] !== origin) {
    const found = headers['access-control-allow-origin'] ?? 'none';
    return problem('CORS', `${origin} is not let in: ${status}, allowed origin ${found}`, advice);
  }
  if (missing.length > 0) return problem('CORS', `${origin} may not send ${missing.join(', ')}`, advice);
  return ok('CORS', `pages of ${origin} may call`);
}
