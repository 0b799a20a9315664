import { median } from '../measure/statistics.ts';
import { medianAndSpread, percent } from '../report/format.ts';
import { inRounds, withSubjects } from '../scenario.ts';
import type { Cell, Outcome, Scenario, Table } from '../scenario.ts';
import { noServer } from '../subjects/no-server.ts';
import type { Subject } from '../subjects/subject.ts';
import { relayRound, startServers } from './relay-round.ts';
import type { PacedLoad, RelayRound } from './relay-round.ts';

const LOADS: PacedLoad[] = [
  { replies: 1, perSecond: 50, seconds: 3, spread: 0 },
  { replies: 50, perSecond: 50, seconds: 3, spread: 0 },
  { replies: 100, perSecond: 20, seconds: 5, spread: 0 },
  { replies: 200, perSecond: 50, seconds: 5, spread: 0 },
  { replies: 200, perSecond: 50, seconds: 5, spread: 1000 },
  { replies: 300, perSecond: 50, seconds: 5, spread: 0 },
  { replies: 1000, perSecond: 20, seconds: 8, spread: 0 },
];
const SHORT_LOADS: PacedLoad[] = [
  { replies: 4, perSecond: 50, seconds: 0.4, spread: 0 },
  { replies: 4, perSecond: 50, seconds: 0.4, spread: 100 },
];
const ROUNDS = 3;

/** Replies of a model at a fixed pace, through each server and without one. */
export const relay: Scenario = (bench) => {
  const starting = [Promise.resolve(noServer(bench.model)), ...startServers(bench)];
  return withSubjects<Subject, Outcome>(starting, async (subjects) => {
    const outcome: Outcome = { tables: [], figures: {} };
    for (const load of bench.isShort ? SHORT_LOADS : LOADS) {
      bench.say(titleOf(load));
      const measured = await inRounds(bench.isShort ? 1 : ROUNDS, subjects, (subject) =>
        relayRound(bench, subject, load),
      );
      const rounds = [...measured].map(([{ name }, results]) => ({ name, results }));
      outcome.tables.push(tableOf(load, rounds));
      Object.assign(outcome.figures, figuresOf(load, rounds));
    }
    return outcome;
  });
};

interface Rounds {
  name: string;
  results: RelayRound[];
}

function titleOf({ replies, perSecond, spread }: PacedLoad): string {
  const how = spread === 0 ? 'asked for at once' : `asked for over ${spread / 1000} s`;
  return `${replies} ${replies === 1 ? 'reply' : 'replies'} × ${perSecond} chunks/s, ${how}`;
}

function tableOf(load: PacedLoad, rounds: Rounds[]): Table {
  const spread = (results: RelayRound[], pick: (round: RelayRound) => number | null): Cell =>
    medianAndSpread(results.map(pick));
  return {
    title: titleOf(load),
    note: '',
    columns: [
      'through',
      'first token p50 (ms)',
      'p99',
      'steady delay p50 (ms)',
      'p99',
      'whole p99',
      'tokens/s',
      'steady share',
      'µs CPU/event',
      'with starts and ends',
      'RSS (MB)',
      'load’s core',
      'cut off',
    ],
    rows: rounds.map(({ name, results }) => [
      name,
      spread(results, (round) => round.firstMedian),
      spread(results, (round) => round.firstP99),
      spread(results, (round) => round.delayMedian),
      spread(results, (round) => round.delayP99),
      spread(results, (round) => round.wholeP99),
      spread(results, (round) => round.rate),
      percent(median(results.map((round) => round.deliveredShare))),
      spread(results, (round) => round.cpu),
      spread(results, (round) => round.wholeCpu),
      spread(results, (round) => round.memory),
      percent(median(results.map((round) => round.loadShare))),
      Math.max(...results.map((round) => round.unfinished)),
    ]),
  };
}

function figuresOf(load: PacedLoad, rounds: Rounds[]): Record<string, number> {
  const { replies, perSecond, spread } = load;
  const prefix = `relay.${replies}x${perSecond}${spread > 0 ? '.spread' : ''}`;
  const of = (name: string, pick: (round: RelayRound) => number | null) => {
    const results = rounds.find((each) => each.name === name)?.results ?? [];
    return median(results.map((round) => pick(round) ?? Number.NaN));
  };
  const ratio = (pick: (round: RelayRound) => number | null, to: string) =>
    of('Millrace', pick) / of(to, pick);
  return {
    [`${prefix}.delayMedian`]: of('Millrace', (round) => round.delayMedian),
    [`${prefix}.delayP99`]: of('Millrace', (round) => round.delayP99),
    [`${prefix}.wholeP99`]: of('Millrace', (round) => round.wholeP99),
    [`${prefix}.kept`]: of('Millrace', (round) => round.deliveredShare),
    [`${prefix}.firstRatio`]: ratio((round) => round.firstMedian, 'no server'),
    [`${prefix}.rateRatio`]: ratio((round) => round.rate, 'no server'),
    [`${prefix}.steadyRatio`]: ratio((round) => round.deliveredShare, 'no server'),
    [`${prefix}.cpuToBare`]: ratio((round) => round.cpu, 'node:http'),
    [`${prefix}.cpuToGenai`]: ratio((round) => round.cpu, '@google/genai + Express'),
    [`${prefix}.cpuToAiSdk`]: ratio((round) => round.cpu, 'AI SDK streamText'),
  };
}
