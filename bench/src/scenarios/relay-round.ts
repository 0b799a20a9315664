import { setTimeout as sleep } from 'node:timers/promises';
import { Histogram } from '../measure/histogram.ts';
import { pacedPlan } from '../model/plan.ts';
import { loadCpu, startMillrace } from '../scenario.ts';
import type { Bench } from '../scenario.ts';
import { aiSdk, aiSdkResumable, bareHttp, expressGenai } from '../subjects/peers.ts';
import type { Subject } from '../subjects/subject.ts';

/** Replies at a fixed pace that are requested together. */
export interface PacedLoad {
  replies: number;
  /** Chunks per second of each. */
  perSecond: number;
  /** How long each reply lasts (s). */
  seconds: number;
  /** The time over which they are requested (ms); 0 is all at once. */
  spread: number;
}

/** The figures of one round. Times in ms. */
export interface RelayRound {
  /** The time from the request to the first chunk. */
  firstMedian: number;
  firstP99: number;
  /** The delay of chunks in the steady part, from the model's write to the reader's read. */
  delayMedian: number;
  delayP99: number;
  delayMax: number;
  /** The delay of all chunks, including the start, when all replies begin. */
  wholeMedian: number;
  wholeP99: number;
  /** Chunks per second, from the first request to the last chunk. */
  rate: number;
  /** The delivered share of the model's chunks in the steady part. */
  deliveredShare: number;
  /** CPU time of the server for each event in the steady part (µs); null without a server. */
  cpu: number | null;
  /** CPU time of the server for each event of the whole round, with the start and the end of the replies (µs). */
  wholeCpu: number | null;
  /** Resident memory of the server (MB). */
  memory: number | null;
  /** The share of their core that model and readers used: near 1 they limit the measurement, not the server. */
  loadShare: number;
  /** Replies that had not ended after one and a half times their duration. */
  unfinished: number;
}

/** The steady part of a reply, as shares of its length: all replies have begun, and none has ended. */
const STEADY_FROM = 0.5;
const STEADY_TO = 0.9;
const LATE = 2000;

/** Millrace and the servers it is compared with. */
export function startServers(bench: Bench): Promise<Subject>[] {
  const { model } = bench;
  return [startMillrace(bench), bareHttp(model), expressGenai(model), aiSdk(model), aiSdkResumable(model)];
}

export async function relayRound(bench: Bench, subject: Subject, load: PacedLoad): Promise<RelayRound> {
  const { model } = bench;
  const { replies, perSecond, seconds, spread } = load;
  const chunks = Math.round(perSecond * seconds);
  const length = seconds * 1000 + spread;
  await model.plan(pacedPlan(chunks, perSecond));
  const requests = await subject.requests(replies);

  const atStart = subject.usage();
  const openedAt = performance.now();
  const streams = await bench.load.open({ port: subject.port, requests, chunks, spread });
  await sleep(Math.max(0, openedAt + spread + STEADY_FROM * seconds * 1000 - performance.now()));
  await streams.window();
  const loadBefore = loadCpu(bench);
  const before = subject.usage();
  await sleep((STEADY_TO - STEADY_FROM) * seconds * 1000);
  const steady = await streams.window();
  const after = subject.usage();
  const loadAfter = loadCpu(bench);
  const whole = await streams.finish(length * 1.5 + LATE);
  const atEnd = subject.usage();
  await model.hangUp();
  await subject.rest();

  const delays = Histogram.from(steady.delays);
  const all = Histogram.from(whole.delays);
  const first = Histogram.from(whole.first);
  const cpuOf = (from: typeof before, to: typeof before, events: number) =>
    from === null || to === null ? null : (to.cpu - from.cpu) / events;
  const loadUsed = loadBefore === null || loadAfter === null ? Number.NaN : loadAfter - loadBefore;
  return {
    firstMedian: first.quantile(0.5) / 1000,
    firstP99: first.quantile(0.99) / 1000,
    delayMedian: delays.quantile(0.5) / 1000,
    delayP99: delays.quantile(0.99) / 1000,
    delayMax: delays.quantile(1) / 1000,
    wholeMedian: all.quantile(0.5) / 1000,
    wholeP99: all.quantile(0.99) / 1000,
    rate: (whole.chunks * 1e6) / whole.lasted,
    deliveredShare: (steady.chunks * 1e6) / steady.elapsed / (replies * perSecond),
    cpu: cpuOf(before, after, steady.chunks),
    wholeCpu: cpuOf(atStart, atEnd, whole.chunks),
    memory: after === null ? null : after.memory / 1024,
    loadShare: loadUsed / steady.elapsed,
    unfinished: whole.unfinished,
  };
}
