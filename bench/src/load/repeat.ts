import { monotonicMicroseconds } from '../measure/clock.ts';
import { Histogram } from '../measure/histogram.ts';
import { StampScanner } from '../measure/stamp.ts';
import { Connection } from './connection.ts';
import type { RepeatOrder, RepeatReport } from './orders.ts';

/** Sends requests one after the other in each lane. @throws Error if a response is incomplete */
export async function repeat({ port, requests, lanes, duration }: RepeatOrder): Promise<RepeatReport> {
  const tally: Tally = {
    firstByte: new Histogram(),
    first: new Histogram(),
    whole: new Histogram(),
    bytes: 0,
    requests: 0,
    chunks: 0,
  };
  const until = duration === undefined ? null : performance.now() + duration;
  let next = 0;

  const hasMore = () => (until === null ? next < requests.length : performance.now() < until);
  const runLane = async () => {
    while (hasMore()) {
      const request = requests[next % requests.length] ?? '';
      next += 1;
      await ask(port, request, tally);
    }
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  return {
    ...tally,
    firstByte: tally.firstByte.toData(),
    first: tally.first.toData(),
    whole: tally.whole.toData(),
  };
}

interface Tally {
  firstByte: Histogram;
  first: Histogram;
  whole: Histogram;
  bytes: number;
  requests: number;
  chunks: number;
}

async function ask(port: number, request: string, tally: Tally): Promise<void> {
  const ended = Promise.withResolvers<void>();
  let sentAt = 0;
  let hasBody = false;
  const scanner = new StampScanner(() => {});
  const connection = await Connection.open(port, {
    onBody(bytes, start, end, now) {
      if (!hasBody) tally.firstByte.add(now - sentAt);
      hasBody = true;
      tally.bytes += end - start;
      const before = scanner.count;
      scanner.scan(bytes, start, end);
      if (before === 0 && scanner.count > 0) tally.first.add(now - sentAt);
    },
    onEnd(error) {
      tally.whole.add(monotonicMicroseconds() - sentAt);
      if (error === null) ended.resolve();
      else ended.reject(new Error(error));
    },
  });
  sentAt = monotonicMicroseconds();
  connection.send(request);
  await ended.promise;
  tally.requests += 1;
  tally.chunks += scanner.count;
}
