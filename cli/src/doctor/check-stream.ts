import type { IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { diagnosticsUrl } from './access.ts';
import type { Access } from './access.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { open, reasonOf } from './probe.ts';

const EVENTS = 5;
const INTERVAL_MS = 200;
const SENT_IN_MS = (EVENTS - 1) * INTERVAL_MS;
/** A busy machine can receive events late and together; a proxy that buffers does so every time. */
const MAX_ATTEMPTS = 3;

const UNBUFFERED =
  'Turn off response buffering at the proxy (nginx: proxy_buffering off, or forward X-Accel-Buffering).';

/** What arrived of a stream, and when. */
interface StreamRecord {
  response: IncomingMessage;
  /** When each event arrived, in ms since the request. */
  arrivalsMs: number[];
  /** Whether the last event arrived. */
  isComplete: boolean;
  /** How the connection ended. */
  end: string;
  /** When it ended, in ms since the request. */
  endedAtMs: number;
}

/** Checks whether events arrive one by one and unchanged. */
export async function checkStream(url: string, access: Access): Promise<Finding[]> {
  const settings = { events: EVENTS, interval: INTERVAL_MS };
  const streamUrl = diagnosticsUrl(url, 'stream', access, settings);
  let record = await listen(streamUrl, access);
  for (let attempt = 1; attempt < MAX_ATTEMPTS && isBuffered(record); attempt += 1)
    record = await listen(streamUrl, access);
  const { statusCode = 0 } = record.response;
  if (statusCode !== 200) {
    const advice =
      'Check that the proxy forwards /api, and that the server has the same version as this program.';
    return [problem('stream', `was refused with status ${statusCode}`, advice)];
  }
  return [arrivalFinding(record), ...headerFindings(record.response)];
}

function arrivalFinding(record: StreamRecord): Finding {
  const { arrivalsMs, isComplete, end } = record;
  if (!isComplete) {
    const detail = `${arrivalsMs.length} of ${EVENTS} events arrived, then ${end}`;
    return problem('stream', detail, 'A proxy ends long responses. Raise its timeouts.');
  }
  if (isBuffered(record)) {
    const detail = `buffered: ${EVENTS} events that were sent over ${SENT_IN_MS} ms arrived within ${Math.round(arrivedInMs(record))} ms`;
    return problem('stream', detail, UNBUFFERED);
  }
  return ok('stream', 'events arrive one by one');
}

function isBuffered(record: StreamRecord): boolean {
  return record.isComplete && arrivedInMs(record) < SENT_IN_MS / 2;
}

/** The time from the first event to the last. */
function arrivedInMs({ arrivalsMs }: StreamRecord): number {
  return (arrivalsMs[EVENTS - 1] ?? 0) - (arrivalsMs[0] ?? 0);
}

function headerFindings({ headers }: IncomingMessage): Finding[] {
  const findings: Finding[] = [];
  const { 'content-encoding': encoding, 'cache-control': caching = '' } = headers;
  if (encoding !== undefined && encoding !== 'identity') {
    const advice = 'Exclude text/event-stream from compression at the proxy.';
    findings.push(
      warning('compression', `streams are compressed (${encoding}), which delays events`, advice),
    );
  } else findings.push(ok('compression', 'streams are not compressed'));
  if (caching.includes('no-transform')) findings.push(ok('Cache-Control', 'arrives unchanged'));
  else {
    const detail = `no-transform is lost: it arrives as "${caching}"`;
    findings.push(
      warning('Cache-Control', detail, 'Configure the proxy to forward Cache-Control unchanged.'),
    );
  }
  // nginx obeys this header and removes it.
  const isThere = headers['x-accel-buffering'] !== undefined;
  findings.push(ok('X-Accel-Buffering', isThere ? 'arrives unchanged' : 'a proxy has removed it'));
  return findings;
}

/**
 * Checks how long a silent connection survives.
 * @param seconds how long to wait
 * @param heartbeatMs how often the server sends a heartbeat
 */
export async function checkSilence(
  url: string,
  access: Access,
  seconds: number,
  heartbeatMs: number,
): Promise<Finding> {
  const settings = { events: 2, interval: Math.round(seconds * 1000), heartbeats: 'off' };
  const record = await listen(diagnosticsUrl(url, 'stream', access, settings), access);
  if (record.isComplete) return ok('silence', `a connection survives ${seconds} s of silence`);
  const survived = (record.endedAtMs - (record.arrivalsMs[0] ?? 0)) / 1000;
  const detail = `a connection survives ${survived.toFixed(1)} s of silence, then ${record.end}`;
  if (survived * 1000 > heartbeatMs)
    return ok('silence', `${detail}; a heartbeat is sent every ${heartbeatMs / 1000} s`);
  return problem(
    'silence',
    detail,
    `Raise the proxy’s read timeout, or set HEARTBEAT_MS to ${Math.max(10, Math.floor(survived * 500))}.`,
  );
}

async function listen(url: string, access: Access): Promise<StreamRecord> {
  const headers = { ...access.headers, accept: 'text/event-stream', 'accept-encoding': 'gzip, br' };
  const startedAt = performance.now();
  const response = await open(url, { headers });
  const arrivalsMs: number[] = [];
  let isComplete = false;
  const now = () => performance.now() - startedAt;
  const parser = createParser({
    onEvent: ({ event }) => {
      if (event === 'tick') arrivalsMs.push(now());
      if (event === 'end') isComplete = true;
    },
  });
  let end = 'the connection was closed';
  try {
    response.setEncoding('utf8');
    for await (const text of response) parser.feed(text as string);
  } catch (error) {
    end = `the connection broke (${reasonOf(error)})`;
  }
  return { response, arrivalsMs, isComplete, end, endedAtMs: now() };
}
