import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from 'millrace-gemini-simulator';
import { Caller } from '../../support/caller.ts';
import { testEnvironment } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';
import { Calls, PATIENCE } from './calls.ts';
import { ChaosUser } from './chaos-user.ts';
import { check } from './checker.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import type { Weather } from './cutting-proxy.ts';
import type { History } from './history.ts';
import { planLife } from './plan.ts';
import type { Disturbance, Plan } from './plan.ts';
import { Progress } from './progress.ts';
import { readSettledState } from './settled-state.ts';
import { SupervisedServer } from './supervised-server.ts';
import type { Deaths } from './supervised-server.ts';
import type { Violation } from './violation.ts';

export interface RunReport extends Deaths {
  replies: number;
  readings: number;
  events: number;
  freezes: number;
  cuts: { clients: number; model: number };
  stops: number;
  continuations: number;
  /** Replies whose events are gone, and readers who were told the message instead. */
  pruned: number;
  snapshots: number;
  /** How many replies ended in which way. */
  statuses: Record<string, number>;
  violations: Violation[];
}

const CLIENT_WEATHER: Weather = {
  cut: { chance: 0.4, bytes: [100, 25_000] },
  stall: { chance: 0.15, bytes: [100, 15_000], ms: [50, 3500] },
};
const MODEL_WEATHER: Weather = {
  cut: { chance: 0.35, bytes: [300, 80_000] },
  stall: { chance: 0.15, bytes: [300, 40_000], ms: [50, 1800] },
};

/** Carries out a plan, lets everything settle, and checks. */
export async function runChaos(plan: Plan, onProgress: (line: string) => void): Promise<RunReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  const simulator = await startSimulator({
    seed: plan.seed,
    pace: { chunkDelayMs: plan.chunkDelayMs, chunkChars: 16 },
  });
  simulator.script(plan.behaviours);
  const modelPort = Number(new URL(simulator.url).port);
  const toModel = await CuttingProxy.start(plan.seed, 'model', MODEL_WEATHER, () => [modelPort]);
  const deaths: Deaths = {
    kills: 0,
    deathsInCommit: 0,
    terminations: 0,
    lockedStarts: 0,
    frozenUntil: 0,
    prunedBefore: null,
    crashes: [],
    errors: {},
  };
  const servers = createServers(plan, environmentOf(toModel.url, dataDir), deaths);
  const toServers = await CuttingProxy.start(plan.seed, 'clients', CLIENT_WEATHER, () => portsOf(servers));
  const history: History = {
    readings: [],
    continuations: 0,
    stops: [],
    refusals: [],
    prunedBefore: null,
  };
  const progress = new Progress();
  try {
    const users = await startAndSignIn(plan, servers, toServers.url, history, progress);
    const usersDone = new AbortController();
    const telling = tellProgress(plan, progress, deaths, onProgress);
    const disturbing = disturb(plan.disturbances, servers, progress, usersDone.signal);
    await Promise.all(users.map((user) => user.run()));
    usersDone.abort();
    const freezes = await disturbing;
    if (plan.prunes) await Promise.all(servers.map(redeploy));
    await Promise.all(users.map((user) => user.finish()));
    clearInterval(telling);
    const { cuts: clientCuts } = toServers;
    const { cuts: modelCuts } = toModel;
    toServers.calm();
    toModel.calm();
    await settled(join(dataDir, 'millrace.db'));
    await Promise.all(servers.map((server) => server.retire()));
    history.prunedBefore = deaths.prunedBefore;
    const file = join(dataDir, 'millrace.db');
    return {
      ...deaths,
      replies: progress.replies,
      readings: history.readings.length,
      events: progress.events,
      freezes,
      cuts: { clients: clientCuts, model: modelCuts },
      stops: history.stops.length,
      continuations: history.continuations,
      pruned: [...readSettledState(file, deaths.prunedBefore).replies.values()].filter(
        (reply) => reply.isPruned,
      ).length,
      snapshots: history.readings.filter(({ events }) => events.some(({ name }) => name === 'snapshot'))
        .length,
      statuses: statusesOf(file),
      violations: [...check(file, history), ...crashesOf(deaths)],
    };
  } finally {
    for (const server of servers) server.abandon();
    await Promise.all([toServers.close(), toModel.close(), simulator.close()]);
    await rm(dataDir, { recursive: true });
  }
}

function environmentOf(modelUrl: string, dataDir: string): Record<string, string> {
  return {
    ...testEnvironment(modelUrl, dataDir),
    LEASE_MS: '600',
    HEARTBEAT_MS: '400',
    MODEL_IDLE_TIMEOUT: '1s',
  };
}

function createServers(plan: Plan, environment: Record<string, string>, deaths: Deaths): SupervisedServer[] {
  return Array.from({ length: plan.nodes }, (_item, node) => {
    let lives = 0;
    const nextLife = () => {
      const life = planLife(plan, node, lives);
      lives += 1;
      // The first ones must live until the users are signed in.
      return lives === 1 ? { ...life, death: null } : life;
    };
    return new SupervisedServer(environment, nextLife, deaths);
  });
}

function portsOf(servers: readonly SupervisedServer[]): number[] {
  return servers.map(({ port }) => port).filter((port) => port !== null);
}

async function startAndSignIn(
  { users, seed }: Plan,
  servers: readonly SupervisedServer[],
  url: string,
  history: History,
  progress: Progress,
): Promise<ChaosUser[]> {
  // One after the other: the first makes the tables.
  for (const server of servers) {
    server.start();
    await until('the server listens', () => server.port !== null);
  }
  const [port] = portsOf(servers);
  const chaosUsers: ChaosUser[] = [];
  for (const user of users) {
    const caller = await Caller.asGuest(`http://127.0.0.1:${port}`);
    const me = await caller.me();
    const calls = new Calls(url, caller.token, me.user.id, history);
    chaosUsers.push(new ChaosUser(calls, progress, user, seed));
  }
  return chaosUsers;
}

/** @returns how many processes were frozen */
async function disturb(
  disturbances: readonly Disturbance[],
  servers: readonly SupervisedServer[],
  progress: Progress,
  usersDone: AbortSignal,
): Promise<number> {
  const freezing: Promise<void>[] = [];
  for (const { afterReplies, thenEvents, kind, nodes, frozenFor } of disturbances) {
    await progress.until(() => progress.replies >= afterReplies, usersDone);
    const due = progress.events + thenEvents;
    await progress.until(() => progress.events >= due, usersDone);
    if (usersDone.aborted) break;
    for (const node of nodes) {
      const server = servers[node];
      if (kind === 'kill') await server?.killOnceAlive();
      if (kind === 'terminate') server?.terminate();
      if (kind === 'freeze' && server !== undefined) freezing.push(server.freeze(frozenFor));
    }
  }
  await Promise.all(freezing);
  return freezing.length;
}

async function redeploy(server: SupervisedServer): Promise<void> {
  const { lives } = server;
  server.terminate();
  await until('the server is there again', () => server.lives > lives && server.port !== null);
}

/** Waits until no reply is owed an end; not for ever, what is left then is for the checker to report. */
async function settled(file: string): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  const unfinished = database.prepare(
    'select count(*) as count from generations where last_sequence is null',
  );
  const deadline = performance.now() + PATIENCE;
  while (unfinished.get()?.['count'] !== 0 && performance.now() < deadline) await sleep(20);
  database.close();
}

function statusesOf(file: string): Record<string, number> {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare('select status, count(*) as count from generations group by status').all();
  database.close();
  return Object.fromEntries(rows.map(({ status, count }) => [String(status), Number(count)]));
}

function crashesOf({ crashes }: Deaths): Violation[] {
  return crashes.map((detail) => ({ kind: 'defect', generationId: null, detail }));
}

function tellProgress(
  plan: Plan,
  progress: Progress,
  deaths: Deaths,
  onProgress: (line: string) => void,
): NodeJS.Timeout {
  const startedAt = performance.now();
  return setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const { kills, deathsInCommit } = deaths;
    onProgress(
      `${seconds} s: ${progress.replies} of ${plan.replies} replies, ${progress.events} events, ${kills} kills and ${deathsInCommit} deaths in a commit`,
    );
  }, 10_000);
}
