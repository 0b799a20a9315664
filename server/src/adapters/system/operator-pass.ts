import { createHmac, timingSafeEqual } from 'node:crypto';

const PASS_TTL_MS = 15 * 60_000;

/**
 * Creates a pass with which the server answers diagnostic requests for 15 minutes. Only an operator can read the secret of a server.
 * A pass identifies no user and gives no access to chats.
 * @param now in ms since 1970
 */
export function createOperatorPass(secret: string, now: number): string {
  const until = String(now + PASS_TTL_MS);
  return `${until}.${signatureOf(secret, until)}`;
}

export function isOperatorPass(secret: string, pass: string, now: number): boolean {
  const [until = '', signature = '', ...rest] = pass.split('.');
  if (rest.length > 0 || !/^\d{1,15}$/.test(until)) return false;
  const [given, expected] = [Buffer.from(signature), Buffer.from(signatureOf(secret, until))];
  return given.length === expected.length && timingSafeEqual(given, expected) && now < Number(until);
}

/** The secret also signs sessions, so the signed text begins with a prefix that no session has. */
function signatureOf(secret: string, until: string): string {
  return createHmac('sha256', secret).update(`millrace operator pass until ${until}`).digest('base64url');
}
