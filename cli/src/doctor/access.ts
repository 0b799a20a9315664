import type { RequestEcho } from '@millrace/protocol';
import { ask, jsonOf } from './probe.ts';
import type { Answer } from './probe.ts';

/** What the server lets us ask it about itself by. */
export interface Access {
  query: Record<string, string>;
  headers: Record<string, string>;
}

/** Where the server tells how requests arrive, and says events for nothing. */
export function diagnosticsUrl(
  url: string,
  what: 'stream' | 'request',
  { query }: Access,
  settings: Record<string, string | number> = {},
): string {
  const given = { ...settings, ...query };
  const words = Object.entries(given).map(([name, value]) => [name, String(value)] as [string, string]);
  return `${url}/api/diagnostics/${what}?${new URLSearchParams(words).toString()}`;
}

/** Null where the answer isn't one. */
export function echoOf(answer: Answer): RequestEcho | null {
  const echo = jsonOf(answer) as RequestEcho | null;
  return answer.status === 200 && echo?.headers !== undefined ? echo : null;
}

/**
 * The first of these by which the server says how requests arrive; null where it does so by none.
 * @param pass made from the secret of a DATA_DIR
 * @param key of an administrator
 */
export async function findAccess(
  url: string,
  pass: string | null,
  key: string | null,
): Promise<Access | null> {
  const candidates: Access[] = [
    ...(pass === null ? [] : [{ query: { pass }, headers: {} }]),
    // From the machine itself none is needed.
    { query: {}, headers: {} },
    ...(key === null ? [] : [{ query: {}, headers: { authorization: `Bearer ${key}` } }]),
  ];
  for (const access of candidates) {
    const answer = await ask(diagnosticsUrl(url, 'request', access), { headers: access.headers });
    if (answer.status === 429) throw new Error('the server was asked too often: try again in a minute');
    if (echoOf(answer) !== null) return access;
  }
  return null;
}
