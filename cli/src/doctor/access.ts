import type { RequestEcho } from '@millrace/protocol';
import { ask, jsonOf } from './probe.ts';
import type { Answer } from './probe.ts';

/** The credential with which the server answers diagnostic requests. */
export interface Access {
  query: Record<string, string>;
  headers: Record<string, string>;
}

/** The URL that echoes a request, or that streams test events. */
export function diagnosticsUrl(
  url: string,
  kind: 'stream' | 'request',
  { query }: Access,
  settings: Record<string, string | number> = {},
): string {
  const parameters = Object.entries({ ...settings, ...query }).map(
    ([name, value]) => [name, String(value)] as [string, string],
  );
  return `${url}/api/diagnostics/${kind}?${new URLSearchParams(parameters).toString()}`;
}

/** Returns null when the answer isn't an echo. */
export function echoOf(answer: Answer): RequestEcho | null {
  const echo = jsonOf(answer) as RequestEcho | null;
  return answer.status === 200 && echo?.headers !== undefined ? echo : null;
}

/**
 * Finds the first credential with which the server echoes requests; null when none works.
 * @param pass made from the secret of the storage
 * @param key an administrator's
 */
export async function findAccess(
  url: string,
  pass: string | null,
  key: string | null,
): Promise<Access | null> {
  const candidates: Access[] = [
    ...(pass === null ? [] : [{ query: { pass }, headers: {} }]),
    // Requests from the machine itself need no credential.
    { query: {}, headers: {} },
    ...(key === null ? [] : [{ query: {}, headers: { authorization: `Bearer ${key}` } }]),
  ];
  for (const access of candidates) {
    const answer = await ask(diagnosticsUrl(url, 'request', access), { headers: access.headers });
    if (answer.status === 429)
      throw new Error('the server limits diagnostic requests. Try again in a minute');
    if (echoOf(answer) !== null) return access;
  }
  return null;
}
