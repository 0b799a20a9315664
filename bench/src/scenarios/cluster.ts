import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { noPostgresServer, PostgresServer } from '../../../test/support/postgres-server.ts';
import { noRedisServer, RedisServer } from '../../../test/support/redis-server.ts';
import { Histogram } from '../measure/histogram.ts';
import { usageOfAll } from '../measure/process-usage.ts';
import { median } from '../measure/statistics.ts';
import { pacedPlan } from '../model/plan.ts';
import { medianAndSpread } from '../report/format.ts';
import { inRounds, startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Outcome, Scenario, Table } from '../scenario.ts';
import { aiSdkElsewhere, millraceElsewhere, millraceNodes } from '../subjects/nodes.ts';
import type { Subject } from '../subjects/subject.ts';

/** Replies at a fixed pace that all run while it is measured. Times in ms. */
interface SteadyLoad {
  replies: number;
  /** Chunks per second of each. */
  perSecond: number;
  /** The chunks of each reply: enough for the whole measurement. */
  lasting: number;
  /** The wait after all have begun, in which readers catch up. */
  settling: number;
  measuring: number;
}

const LOAD: SteadyLoad = { replies: 200, perSecond: 50, lasting: 25_000, settling: 3000, measuring: 6000 };
/** More than one core can handle one by one. `resumable-stream`, whose readers reconnect, can't handle the other load, and fails with this one. */
const TOO_MUCH: SteadyLoad = { ...LOAD, perSecond: 250 };
const SHORT_LOAD: SteadyLoad = { replies: 4, perSecond: 50, lasting: 10_000, settling: 100, measuring: 500 };
const ROUNDS = 3;
const USERS = 50;

const LOCAL = 'Millrace, SQLite';
const POSTGRES = 'Millrace, PostgreSQL';
const REDIS = 'Millrace, PostgreSQL and Redis';
const ELSEWHERE = 'the same, read on another node';
const AI_SDK = 'AI SDK + resumable-stream, Redis, read on another node';
const nodesOf = (nodes: number) => `${nodes} nodes, PostgreSQL and Redis`;

/** The figures of one round. */
interface Round {
  /** The time from the model's write to the reader's read (ms). */
  delayMedian: number;
  delayP99: number;
  /** The delivered share of the model's chunks. */
  deliveredShare: number;
  /** CPU time of the servers and of their shared services for each event (µs); null if it isn't known. */
  cpu: number | null;
  postgres: number | null;
  redis: number | null;
}

/** Replies at a fixed pace, through the services that several servers share. */
export const cluster: Scenario = async (bench) => {
  const missing = noPostgresServer || noRedisServer;
  if (missing !== '') {
    bench.say(`left out: ${missing}`);
    return null;
  }
  await using postgres = await PostgresServer.start();
  await using redis = await RedisServer.start();
  // Checked first, before anything is started that a failure would leave running.
  const urls: string[] = [];
  for (let index = 0; index < 5; index += 1) urls.push(await makeDatabase(postgres.url, `bench_${index}`));
  const [alone = '', one = '', two = '', three = '', pair = ''] = urls;
  const withRedis = (DATABASE_URL: string) => ({ DATABASE_URL, REDIS_URL: redis.url });
  const { model } = bench;
  const users = bench.isShort ? 2 : USERS;
  const starting = [
    startMillrace(bench, { name: LOCAL, users }),
    millraceNodes(model, { name: POSTGRES, nodes: 1, users, shared: { DATABASE_URL: alone } }),
    millraceNodes(model, { name: REDIS, nodes: 1, users, shared: withRedis(one) }),
    ...(bench.isShort
      ? []
      : [
          millraceNodes(model, { name: nodesOf(2), nodes: 2, users, shared: withRedis(two) }),
          millraceNodes(model, { name: nodesOf(3), nodes: 3, users, shared: withRedis(three) }),
        ]),
    millraceElsewhere(model, { name: ELSEWHERE, users, shared: withRedis(pair) }),
    aiSdkElsewhere(model, { name: AI_SDK, redisUrl: redis.url }),
  ];
  // Awaited here, because its services are stopped on return.
  return await withSubjects<Subject, Outcome>(starting, async (subjects) => {
    const measure = async (load: SteadyLoad, some: readonly Subject[]) => {
      bench.say(titleOf(load));
      const measured = await inRounds(bench.isShort ? 1 : ROUNDS, some, (subject) =>
        round(bench, subject, load, { postgres, redis }),
      );
      return new Map([...measured].map(([{ name }, results]) => [name, results]));
    };
    const load = bench.isShort ? SHORT_LOAD : LOAD;
    const rounds = await measure(load, subjects);
    const loaded = subjects.filter(({ name }) => [REDIS, nodesOf(3), ELSEWHERE].includes(name));
    const saturated = bench.isShort ? rounds : await measure(TOO_MUCH, loaded);
    return {
      tables: [tableOf(load, rounds), ...(bench.isShort ? [] : [tableOf(TOO_MUCH, saturated)])],
      figures: figuresOf(rounds, saturated),
    };
  });
};

async function round(
  { load, model }: Bench,
  subject: Subject,
  { replies, perSecond, lasting, settling, measuring }: SteadyLoad,
  { postgres, redis }: { postgres: PostgresServer; redis: RedisServer },
): Promise<Round> {
  const used = () => [subject.usage(), usageOfAll(postgres.pid), usageOfAll(redis.pid)];
  await model.plan(pacedPlan((perSecond * lasting) / 1000, perSecond));
  const requests = await subject.requests(replies);
  const { port, ports } = subject;
  const streams = await load.open({ port, ports, requests, chunks: 0 });
  await streams.begun();
  await sleep(settling);
  await streams.window();
  const before = used();
  await sleep(measuring);
  const steady = await streams.window();
  const after = used();
  await streams.close();
  await model.hangUp();
  await subject.rest();

  const delays = Histogram.from(steady.delays);
  const [cpu = null, ofPostgres = null, ofRedis = null] = after.map((usage, index) => {
    const since = before[index];
    return usage && since ? (usage.cpu - since.cpu) / steady.chunks : null;
  });
  return {
    delayMedian: delays.quantile(0.5) / 1000,
    delayP99: delays.quantile(0.99) / 1000,
    deliveredShare: (steady.chunks * 1e6) / steady.elapsed / (replies * perSecond),
    cpu,
    postgres: ofPostgres,
    redis: ofRedis,
  };
}

function titleOf({ replies, perSecond }: SteadyLoad): string {
  return `${replies} replies × ${perSecond} chunks/s of ${USERS} people, while all of them run`;
}

function tableOf(load: SteadyLoad, rounds: Map<string, Round[]>): Table {
  return {
    title: titleOf(load),
    note: 'All servers share one core, so that more nodes can’t deliver more here. The CPU per event of all servers together shows how they would scale.',
    columns: [
      'through',
      'delay p50 (ms)',
      'p99',
      'kept up',
      'servers: µs CPU/event',
      'events/s and core',
      'PostgreSQL: µs/event',
      'Redis: µs/event',
    ],
    rows: [...rounds].map(([name, results]) => [
      name,
      medianAndSpread(results.map(({ delayMedian }) => delayMedian)),
      medianAndSpread(results.map(({ delayP99 }) => delayP99)),
      medianAndSpread(results.map(({ deliveredShare }) => deliveredShare)),
      medianAndSpread(results.map(({ cpu }) => cpu)),
      Math.round(1e6 / cpuOf(results)),
      medianAndSpread(results.map(({ postgres }) => postgres)),
      medianAndSpread(results.map(({ redis }) => redis)),
    ]),
  };
}

function figuresOf(rounds: Map<string, Round[]>, saturated: Map<string, Round[]>): Record<string, number> {
  const of = (name: string, all = rounds) => all.get(name) ?? [];
  const middle = (name: string, pick: (round: Round) => number) => median(of(name).map(pick));
  const added = (name: string, pick: (round: Round) => number) => middle(name, pick) - middle(LOCAL, pick);
  const medianDelay = ({ delayMedian }: Round) => delayMedian;
  const p99 = ({ delayP99 }: Round) => delayP99;
  return {
    'cluster.redis.addedMedian': added(REDIS, medianDelay),
    'cluster.redis.addedP99': added(REDIS, p99),
    'cluster.elsewhere.addedMedian': added(ELSEWHERE, medianDelay),
    'cluster.elsewhere.addedP99': added(ELSEWHERE, p99),
    'cluster.toResumableStream': cpuOf(of(AI_SDK)) / cpuOf(of(ELSEWHERE, saturated)),
    'cluster.threeNodesToOne': cpuOf(of(nodesOf(3), saturated)) / cpuOf(of(REDIS, saturated)),
  };
}

function cpuOf(rounds: readonly Round[]): number {
  return median(rounds.map(({ cpu }) => cpu ?? Number.NaN));
}

async function makeDatabase(server: string, name: string): Promise<string> {
  const url = new URL(server);
  url.pathname = `/${name}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return url.href;
}
