import { createHmac, timingSafeEqual } from 'node:crypto';

/** Long enough for whoever makes one to use it (ms). */
const VALID_FOR = 15 * 60_000;

/**
 * Lets its bearer ask the server about itself for a while: whoever can read the secret of a server runs it. It says
 * nothing about who somebody is, and opens nobody's chats.
 * @param now in ms
 */
export function createOperatorPass(secret: string, now: number): string {
  const until = String(now + VALID_FOR);
  return `${until}.${signatureOf(secret, until)}`;
}

export function isOperatorPass(secret: string, pass: string, now: number): boolean {
  const [until = '', signature = '', ...rest] = pass.split('.');
  if (rest.length > 0 || !/^\d{1,15}$/.test(until)) return false;
  const [given, expected] = [Buffer.from(signature), Buffer.from(signatureOf(secret, until))];
  return given.length === expected.length && timingSafeEqual(given, expected) && now < Number(until);
}

/** The secret signs sessions too: what is signed here begins as nothing there does. */
function signatureOf(secret: string, until: string): string {
  return createHmac('sha256', secret).update(`millrace operator pass until ${until}`).digest('base64url');
}
