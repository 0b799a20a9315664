/** A figure of a scenario with its target. */
interface Check {
  /** The name of the figure; the part before the first dot is the scenario. */
  figure: string;
  /** Its label in the report. */
  label: string;
  atMost?: number;
  atLeast?: number;
}

interface Target {
  what: string;
  target: string;
  checks: Check[];
  /** A remark on the figure. */
  note?: string;
}

export const TARGETS: readonly Target[] = [
  {
    what: 'saturated events/s to readers against bare `node:http`',
    target: '≥ 1.2 (one by one, ids and log on), ≥ 6 (merging)',
    checks: [
      { figure: 'fan-out.singleToBare', label: 'one by one ×', atLeast: 1.2 },
      { figure: 'fan-out.mergedToBare', label: 'merging ×', atLeast: 6 },
      {
        figure: 'fan-out.mergedToJoining',
        label: 'merging, relative to the default of `node:http` ×',
        atLeast: 6,
      },
    ],
  },
  {
    what: 'CPU per event, model to reader, 100 replies × 20/s',
    target: '≤ 1/8 of AI SDK `streamText`, ≤ 0.4 of `@google/genai` + Express',
    checks: [
      { figure: 'relay.100x20.cpuToAiSdk', label: 'of AI SDK ×', atMost: 1 / 8 },
      { figure: 'relay.100x20.cpuToGenai', label: 'of Express ×', atMost: 0.4 },
    ],
    note: 'While the replies run. The relay’s tables include their start and end.',
  },
  {
    what: 'tokens/s per core over Redis, read on another node, 200 replies',
    target: '≥ 5 × AI SDK + `resumable-stream`',
    checks: [{ figure: 'cluster.toResumableStream', label: '×', atLeast: 5 }],
    note: 'CPU of both nodes, each with more load than it can handle.',
  },
  {
    what: '25,000 events/s to 500 readers on one core',
    target: 'added delay with the log on p50 ≤ 2 ms, p99 ≤ 15 ms; with it off p50 ≤ 0.2 ms, p99 ≤ 1.5 ms',
    checks: [
      { figure: 'fan-out.25000.addedMedian', label: 'log on p50 ms', atMost: 2 },
      { figure: 'fan-out.25000.addedP99', label: 'p99 ms', atMost: 15 },
      { figure: 'fan-out.25000.memory.addedMedian', label: 'log off p50 ms', atMost: 0.2 },
      { figure: 'fan-out.25000.memory.addedP99', label: 'p99 ms', atMost: 1.5 },
    ],
    note: 'For 50 replies with 10 readers each, whose events arrive at different times. The table has one reply with 500 readers.',
  },
  {
    what: '300 replies × 50/s on one core',
    target: 'kept up, median delay ≤ 3 ms, p99 ≤ 15 ms',
    checks: [
      { figure: 'relay.300x50.kept', label: 'kept up ×', atLeast: 0.99 },
      { figure: 'relay.300x50.delayMedian', label: 'p50 ms', atMost: 3 },
      { figure: 'relay.300x50.delayP99', label: 'p99 ms', atMost: 15 },
    ],
    note: 'After all replies have begun.',
  },
  {
    what: 'most events/s per core, model to reader, none late by 100 ms',
    target: '≥ 40,000, and ≥ 10 × AI SDK',
    checks: [
      { figure: 'saturation.millrace', label: 'events/s', atLeast: 40_000 },
      { figure: 'saturation.toAiSdk', label: 'of AI SDK ×', atLeast: 10 },
    ],
  },
  {
    what: '200 replies × 50/s against no server',
    target: 'first token median ≤ 1.15; tokens/s ≥ 0.98',
    checks: [
      { figure: 'relay.200x50.firstRatio', label: 'first token ×', atMost: 1.15 },
      { figure: 'relay.200x50.rateRatio', label: 'tokens/s ×', atLeast: 0.98 },
    ],
    note: 'All requested at once.',
  },
  {
    what: '200 replies × 50/s against no server, asked for over one second',
    target: 'as above',
    checks: [
      { figure: 'relay.200x50.spread.firstRatio', label: 'first token ×', atMost: 1.15 },
      { figure: 'relay.200x50.spread.rateRatio', label: 'tokens/s ×', atLeast: 0.98 },
    ],
  },
  {
    what: '1,000 replies × 20/s on one core',
    target: 'p99 delay ≤ 25 ms, tokens/s ≥ 0.97 of no server',
    checks: [
      { figure: 'relay.1000x20.delayP99', label: 'p99 ms', atMost: 25 },
      { figure: 'relay.1000x20.steadyRatio', label: 'tokens/s ×', atLeast: 0.97 },
    ],
    note: 'After all replies have begun. The table’s “whole” includes the start, with a thousand requests at once.',
  },
  {
    what: '10,000 open, quiet streams',
    target: '≤ 20 KB each, ≤ 2 % of a core',
    checks: [
      { figure: 'idle.kilobytes', label: 'KB each', atMost: 20 },
      { figure: 'idle.corePercent', label: '% of a core', atMost: 2 },
    ],
  },
  {
    what: 'durability’s price: log on against log off',
    target: '≤ 25 % of throughput, ≤ 2 ms of median delay',
    checks: [
      { figure: 'durability.throughputLostPercent', label: '% of throughput', atMost: 25 },
      { figure: 'durability.addedMedian', label: 'ms of median delay', atMost: 2 },
    ],
  },
  {
    what: '1,000 readers that stopped reading',
    target: '≤ 256 KB each; others’ p99 unchanged',
    checks: [
      { figure: 'stalled.kilobytes', label: 'KB each', atMost: 256 },
      { figure: 'stalled.othersP99Ratio', label: 'others’ p99 ×', atMost: 1.25 },
    ],
    note: '“Unchanged” is taken as within a quarter: rounds differ by as much.',
  },
  {
    what: 'resume of a 1 MB reply',
    target: '≥ 200 MB/s',
    checks: [{ figure: 'resume.megabytesPerSecond', label: 'MB/s', atLeast: 200 }],
  },
  {
    what: 'start of a reply (authentication, transaction, first event)',
    target: '≤ 3 ms median',
    checks: [
      { figure: 'start.coldMedian', label: 'session looked up, ms', atMost: 3 },
      { figure: 'start.warmMedian', label: 'session known, ms', atMost: 3 },
    ],
    note: 'One at a time.',
  },
  {
    what: 'a reply counted by the model’s service, relative to a reply with reported usage',
    target: '≤ 50 ms more in all at p95; first token unchanged, also with a service that takes 500 ms',
    checks: [
      { figure: 'counting.addedP95', label: 'added p95 ms', atMost: 50 },
      { figure: 'counting.firstP95Ratio', label: 'first token p95 ×', atMost: 1.25 },
      { figure: 'counting.slow.firstP95Ratio', label: 'with a slow service ×', atMost: 1.25 },
    ],
    note: '“Unchanged” is taken as within a quarter, as above.',
  },
  {
    what: 'reading the model, CPU for each chunk',
    target: '≤ 1.5 of `undici` with `eventsource-parser`, ≤ 1/4 of `@google/genai`',
    checks: [
      { figure: 'adapter.toBare', label: 'of bare ×', atMost: 1.5 },
      { figure: 'adapter.toGenai', label: 'of Google’s SDK ×', atMost: 0.25 },
    ],
  },
  {
    what: 'a reply of 100 KB that streams into the app',
    target: 'no task over 50 ms after the first second; a late token costs what an early one does',
    checks: [
      { figure: 'chat-app.longestTask', label: 'longest task ms', atMost: 50 },
      { figure: 'chat-app.lateToEarly', label: 'late to early ×', atMost: 1.25 },
    ],
  },
  {
    what: 'Stop in the app',
    target: 'answers within 100 ms',
    checks: [{ figure: 'chat-app.stop', label: 'median ms', atMost: 100 }],
  },
  {
    what: 'a chat of 1,000 messages in the app',
    target: 'opens under 1 s, scrolls at 60 frames a second',
    checks: [
      { figure: 'chat-app.opens', label: 'opens in ms', atMost: 1000 },
      { figure: 'chat-app.framesToEmpty', label: 'frames, relative to an empty page ×', atLeast: 0.9 },
    ],
  },
  {
    what: 'memory at 200 replies',
    target: 'under 1 MB in 10 minutes after warm-up',
    checks: [{ figure: 'memory.megabytesIn10Minutes', label: 'MB in 10 minutes', atMost: 1 }],
    note: 'Over a few minutes, including the variation due to garbage collection. For an hour run `npm run bench memory -- --minutes=60`.',
  },
];

export type TargetResult = 'met' | 'missed' | 'not measured';

/** The figure of a check, and whether it meets the target. */
export function judge(
  { figure, atMost, atLeast }: Check,
  figures: Readonly<Record<string, number | null>>,
): { value: number | null; result: TargetResult } {
  const value = figures[figure] ?? null;
  if (value === null || Number.isNaN(value)) return { value: null, result: 'not measured' };
  const isMet =
    value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
  return { value, result: isMet ? 'met' : 'missed' };
}
