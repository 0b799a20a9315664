import type { DiagnosticEventData, RequestEcho } from '@millrace/protocol';
import { diagnosticEventSchema, requestEchoSchema } from '@millrace/protocol/schemas';
import { diagnosticStreamQuery } from '@millrace/protocol/requests';
import { EventTail } from '../../core/event-tail.ts';
import { clientAddress } from '../auth/client-address.ts';
import type { HttpDependencies } from '../environment.ts';
import { Quota } from '../quota.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { eventStream, ok } from '../route-answer.ts';
import { encodeNativeFrames } from '../sse/native-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';

/** Of one caller: a stream may stay open for minutes. */
const REQUESTS_PER_MINUTE = 60;

/** The headers that are echoed: those the server reads and those that proxies add. */
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
/** The headers of which only the presence is echoed. */
const CREDENTIALS = ['authorization', 'cookie'];

/** Shows operators and `millrace doctor` what proxies change in requests and in streams. */
export function diagnosticsRoutes({ readers, quotas, settings }: HttpDependencies): Route[] {
  const quota = new Quota(quotas, {
    name: 'diagnostics',
    points: REQUESTS_PER_MINUTE,
    windowMs: 60_000,
    refusal: (seconds) =>
      `You can send ${REQUESTS_PER_MINUTE} diagnostic requests a minute. Try again in ${seconds} seconds.`,
  });

  return [
    route({
      method: 'GET',
      path: '/api/diagnostics/stream',
      id: 'tick',
      summary: 'A stream of ticks, to see what a proxy does to streams',
      caller: 'user-or-operator',
      limits: { quota },
      query: diagnosticStreamQuery,
      answers: [eventStream(diagnosticEventSchema, 'The ticks, and the end')],
      problems: ['rate_limited'],
      handler({ c, query: { events, interval, heartbeats } }) {
        const tail = new EventTail('diagnostics', 0, []);
        const isSilent = heartbeats === 'off';
        const response = streamEvents(c, readers, tail, 0, encodeNativeFrames, { isSilent });
        tick(tail, events, interval);
        return response;
      },
    }),
    route({
      method: 'GET',
      path: '/api/diagnostics/request',
      id: 'echoRequest',
      summary: 'The request as it arrived',
      description: 'For administrators, connections from the server’s own machine, and holders of a pass.',
      caller: 'operator',
      limits: { quota },
      answers: [ok(requestEchoSchema)],
      problems: ['rate_limited'],
      handler({ c }) {
        const headers: Record<string, string> = {};
        for (const name of ECHOED) {
          const value = c.req.header(name);
          if (value !== undefined) headers[name] = value;
        }
        for (const name of CREDENTIALS) {
          if (c.req.header(name) !== undefined) headers[name] = 'present';
        }
        const echo: RequestEcho = {
          httpVersion: c.env.incoming?.httpVersion ?? null,
          headers,
          clientAddress: clientAddress(c, settings.trustedProxies),
          trustedProxies: settings.trustedProxies,
        };
        return c.json(echo);
      },
    }),
  ];
}

/** Commits a numbered event now and after each interval (ms), for as long as the stream has a reader. */
function tick(tail: EventTail, of: number, intervalMs: number): void {
  let number = 0;
  const commitNext = () => {
    number += 1;
    const data: DiagnosticEventData['tick'] = { number, of, at: new Date().toISOString() };
    tail.commit({ name: 'tick', data: JSON.stringify(data) });
    if (number === of) tail.commit({ name: 'end', data: '{}' });
    tail.wake();
    if (number === of || tail.listenerCount === 0) clearInterval(timer);
  };
  const timer = setInterval(commitNext, intervalMs).unref();
  commitNext();
}
