import type { DiagnosticEventData, RequestEcho } from '@millrace/protocol';
import { diagnosticStreamQuery } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { EventTail } from '../../core/event-tail.ts';
import { ProblemError } from '../../core/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { clientAddress, isFromLoopback } from '../auth/client-address.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';
import { Quota } from '../quota.ts';
import { encodeNativeFrames } from '../sse/native-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { readQuery } from '../validation.ts';

/** For one caller, in a minute: a stream may stay open for long. */
const REQUESTS_PER_MINUTE = 60;

/** What is told of a request: what we read, and what proxies add. */
const ECHOED = [
  'accept',
  'accept-encoding',
  'cache-control',
  'connection',
  'forwarded',
  'host',
  'idempotency-key',
  'last-event-id',
  'origin',
  'user-agent',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];
/** Only that they came. */
const CREDENTIALS = ['authorization', 'cookie'];

/** How requests arrive here, and answers there: for those who run the server, and asked by `millrace doctor`. */
export function diagnosticsRoutes(
  dependencies: HttpDependencies,
  authenticator: Authenticator,
): Hono<Environment> {
  const { readers, quotas, settings, store, isOperatorPass } = dependencies;
  const requests = new Quota(quotas, {
    name: 'diagnostics',
    points: REQUESTS_PER_MINUTE,
    window: 60_000,
    refusal: () => 'That is often enough for now.',
  });

  /** @throws ProblemError `unauthenticated`, `forbidden`, `rate_limited` */
  async function admit(c: AppContext, { anybody }: { anybody: boolean }): Promise<void> {
    await requests.demand(await callerOf(c, anybody));
  }

  async function callerOf(c: AppContext, anybody: boolean): Promise<string> {
    const pass = c.req.query('pass');
    if (pass !== undefined) {
      if (isOperatorPass(pass)) return 'operator';
      throw new ProblemError('unauthenticated', 'The pass is not one of this server, or has expired.');
    }
    if (!settings.isProxied && isFromLoopback(c)) return 'loopback';
    const { user, credential } = await authenticator.authenticate(c);
    if (anybody) return user.id;
    // Asked anew: a role that was taken away counts at once.
    const account = await store.findAccount(user.id);
    if (account.user.roles.includes('admin') && credential !== 'key') return user.id;
    throw new ProblemError('forbidden', 'This is for administrators.');
  }

  return new Hono<Environment>()
    .get('/diagnostics/stream', async (c) => {
      const { events, interval, heartbeats } = readQuery(c, diagnosticStreamQuery);
      await admit(c, { anybody: true });
      const tail = new EventTail('diagnostics', 0, []);
      const isSilent = heartbeats === 'off';
      const response = streamEvents(c, readers, tail, 0, encodeNativeFrames, { isSilent });
      tick(tail, events, interval);
      return response;
    })
    .get('/diagnostics/request', async (c) => {
      await admit(c, { anybody: false });
      const headers = ECHOED.map((name) => [name, c.req.header(name)] as const);
      const credentials = CREDENTIALS.map(
        (name) => [name, c.req.header(name) === undefined ? undefined : 'present'] as const,
      );
      const echo: RequestEcho = {
        httpVersion: c.env.incoming?.httpVersion ?? null,
        headers: Object.fromEntries(
          [...headers, ...credentials].filter(([, value]) => value !== undefined),
        ) as Record<string, string>,
        clientAddress: clientAddress(c, settings.trustedProxies),
        trustedProxies: settings.trustedProxies,
      };
      return c.json(echo);
    });
}

/** Says a number at once, and one more after each interval (ms), for as long as somebody listens. */
function tick(tail: EventTail, of: number, interval: number): void {
  let number = 0;
  const say = () => {
    number += 1;
    const data: DiagnosticEventData['tick'] = { number, of, at: new Date().toISOString() };
    tail.commit({ name: 'tick', data: JSON.stringify(data) });
    if (number === of) tail.commit({ name: 'end', data: '{}' });
    tail.wake();
    if (number === of || tail.listenerCount === 0) clearInterval(timer);
  };
  const timer = setInterval(say, interval).unref();
  say();
}
