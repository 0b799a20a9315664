import type { IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { diagnosticsUrl } from './access.ts';
import type { Access } from './access.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { open, reasonOf } from './probe.ts';

const EVENTS = 5;
/** Between two events (ms). */
const INTERVAL = 200;

const UNBUFFERED =
  'Switch the buffering of responses off at the proxy (nginx: proxy_buffering off; or let X-Accel-Buffering through).';

/** What came of a stream, and when. */
interface Heard {
  response: IncomingMessage;
  /** When each event arrived, from the request on (ms). */
  arrivals: number[];
  /** Whether the last event came. */
  isWhole: boolean;
  /** How the connection ended. */
  end: string;
  /** When it did (ms). */
  endedAt: number;
}

/** Whether events arrive one by one, and as they were sent. */
export async function checkStream(url: string, access: Access): Promise<Finding[]> {
  const settings = { events: EVENTS, interval: INTERVAL };
  const heard = await listen(diagnosticsUrl(url, 'stream', access, settings), access);
  const { statusCode = 0 } = heard.response;
  if (statusCode !== 200) {
    const advice = 'Does the proxy pass /api on, and is the server of the same version?';
    return [problem('stream', `it was refused with ${statusCode}`, advice)];
  }
  return [arrivalFinding(heard), ...headerFindings(heard.response)];
}

function arrivalFinding({ arrivals, isWhole, end }: Heard): Finding {
  if (!isWhole) {
    const detail = `${arrivals.length} of ${EVENTS} events came, then ${end}`;
    return problem('stream', detail, 'Something on the way ends long answers: raise its time limits.');
  }
  const sentIn = (EVENTS - 1) * INTERVAL;
  const cameIn = (arrivals[EVENTS - 1] ?? 0) - (arrivals[0] ?? 0);
  if (cameIn < sentIn / 2) {
    const detail = `buffered: ${EVENTS} events that were sent in ${sentIn} ms came within ${Math.round(cameIn)} ms`;
    return problem('stream', detail, UNBUFFERED);
  }
  return ok('stream', 'events arrive one by one');
}

function headerFindings({ headers }: IncomingMessage): Finding[] {
  const findings: Finding[] = [];
  const { 'content-encoding': encoding, 'cache-control': caching = '' } = headers;
  if (encoding !== undefined && encoding !== 'identity') {
    const advice = 'Except text/event-stream from compression at the proxy.';
    findings.push(
      warning('compression', `streams are compressed (${encoding}), which holds events back`, advice),
    );
  } else findings.push(ok('compression', 'streams come as they are'));
  if (caching.includes('no-transform')) findings.push(ok('Cache-Control', 'arrives as it was sent'));
  else {
    const detail = `no-transform is lost: "${caching}" arrives`;
    findings.push(warning('Cache-Control', detail, 'Let the proxy pass Cache-Control on unchanged.'));
  }
  // nginx heeds this one and keeps it to itself.
  const isThere = headers['x-accel-buffering'] !== undefined;
  findings.push(ok('X-Accel-Buffering', isThere ? 'arrives as it was sent' : 'a proxy keeps it to itself'));
  return findings;
}

/**
 * How long a connection on which nothing is said survives.
 * @param seconds for how long it is listened to
 * @param heartbeat how often the server says something (ms)
 */
export async function checkSilence(
  url: string,
  access: Access,
  seconds: number,
  heartbeat: number,
): Promise<Finding> {
  const settings = { events: 2, interval: Math.round(seconds * 1000), heartbeats: 'off' };
  const heard = await listen(diagnosticsUrl(url, 'stream', access, settings), access);
  if (heard.isWhole) return ok('silence', `a connection survives ${seconds} s of it`);
  const survived = (heard.endedAt - (heard.arrivals[0] ?? 0)) / 1000;
  const detail = `a connection survives ${survived.toFixed(1)} s of it, then ${heard.end}`;
  if (survived * 1000 > heartbeat)
    return ok('silence', `${detail}; a heartbeat comes every ${heartbeat / 1000} s`);
  return problem(
    'silence',
    detail,
    `Raise the proxy’s time limit for reading, or set HEARTBEAT_MS to ${Math.max(10, Math.floor(survived * 500))}.`,
  );
}

async function listen(url: string, access: Access): Promise<Heard> {
  const headers = { ...access.headers, accept: 'text/event-stream', 'accept-encoding': 'gzip, br' };
  const startedAt = performance.now();
  const response = await open(url, { headers });
  const arrivals: number[] = [];
  let isWhole = false;
  const now = () => performance.now() - startedAt;
  const parser = createParser({
    onEvent: ({ event }) => {
      if (event === 'tick') arrivals.push(now());
      if (event === 'end') isWhole = true;
    },
  });
  let end = 'the connection was closed';
  try {
    response.setEncoding('utf8');
    for await (const text of response) parser.feed(text as string);
  } catch (error) {
    end = `the connection broke (${reasonOf(error)})`;
  }
  return { response, arrivals, isWhole, end, endedAt: now() };
}
