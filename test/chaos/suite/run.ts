import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from 'millrace-gemini-simulator';
import { Caller } from '../../support/caller.ts';
import { testEnvironment } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';
import { WAIT_TIMEOUT_MS } from '../../support/time-limits.ts';
import { Calls } from './calls.ts';
import { ChaosUser } from './chaos-user.ts';
import { check } from './checker.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { NetworkFaults } from './fault-proxy.ts';
import type { History } from './history.ts';
import { planProcess } from './plan.ts';
import type { Disturbance, Plan } from './plan.ts';
import { Progress } from './progress.ts';
import { settledStateOf } from './settled-state.ts';
import { clusterStores, sqliteStores } from './stores.ts';
import type { Stores } from './stores.ts';
import { SupervisedServer } from './supervised-server.ts';
import type { ProcessEnds } from './supervised-server.ts';
import { partSuspended } from './suspended.ts';
import type { Violation } from './violation.ts';

export interface RunReport extends ProcessEnds {
  replies: number;
  readings: number;
  events: number;
  freezes: number;
  cuts: { clients: number; model: number; stores: number };
  /** The number of each kind of store fault. */
  storeFaults: Record<string, number>;
  stops: number;
  continuations: number;
  /** Replies whose events were pruned, and readers that got a snapshot instead. */
  pruned: number;
  snapshots: number;
  /** The number of replies by status. */
  statuses: Record<string, number>;
  /** Replies that lost events because Redis and their node ended together, which is the only permitted loss. */
  suspended: number;
  /** How long before the end of the node or of Redis the earliest lost event was seen (ms). */
  lostMs: number;
  violations: Violation[];
}

const UNEVEN = {
  delay: { chance: 0.2, ms: [1, 8] },
  pieces: { chance: 0.3, bytes: [1, 200] },
} as const;
const CLIENT_NETWORK_FAULTS: NetworkFaults = {
  cut: { chance: 0.4, bytes: [100, 25_000] },
  stall: { chance: 0.15, bytes: [100, 15_000], ms: [50, 3500] },
  ...UNEVEN,
};
const MODEL_NETWORK_FAULTS: NetworkFaults = {
  cut: { chance: 0.35, bytes: [300, 80_000] },
  stall: { chance: 0.15, bytes: [300, 40_000], ms: [50, 1800] },
  ...UNEVEN,
};

/** Executes a plan, waits until everything has settled, and checks the laws. */
export async function runChaos(plan: Plan, onProgress: (line: string) => void): Promise<RunReport> {
  const stores = await (plan.nodes === 3 ? clusterStores(plan.seed) : sqliteStores());
  const simulator = await startSimulator({
    seed: plan.seed,
    pace: { chunkDelayMs: plan.chunkDelayMs, chunkChars: 16 },
  });
  simulator.script(plan.behaviours);
  const modelPort = Number(new URL(simulator.url).port);
  const toModel = await FaultProxy.start(plan.seed, 'model', MODEL_NETWORK_FAULTS, () => [modelPort]);
  const processEnds: ProcessEnds = {
    kills: 0,
    killsInCommit: 0,
    terminations: 0,
    lockedStarts: 0,
    unreachableStorageStarts: 0,
    frozenUntilMs: 0,
    prunedBefore: null,
    endTimes: [],
    crashes: [],
    errors: {},
  };
  const servers = createServers(plan, environmentOf(toModel.url, stores), processEnds);
  const toServers = await FaultProxy.start(plan.seed, 'clients', CLIENT_NETWORK_FAULTS, () =>
    portsOf(servers),
  );
  const history: History = {
    readings: [],
    continuations: 0,
    stops: [],
    refusals: [],
    prunedBefore: null,
    redisRestarts: stores.redisRestarts,
  };
  const progress = new Progress();
  try {
    const users = await startAndSignIn(plan, servers, toServers.url, history, progress);
    stores.startFaults();
    const usersDone = new AbortController();
    const progressTimer = reportProgress(plan, progress, processEnds, onProgress);
    const disturbing = disturb(plan.disturbances, servers, stores, progress, usersDone.signal);
    await Promise.all(users.map((user) => user.run()));
    usersDone.abort();
    const { freezes, storeFaults } = await disturbing;
    if (plan.prunes) await Promise.all(servers.map(redeploy));
    await Promise.all(users.map((user) => user.finish()));
    clearInterval(progressTimer);
    const { cuts: clientCuts } = toServers;
    const { cuts: modelCuts } = toModel;
    const { cuts: storeCuts } = stores;
    toServers.stopFaults();
    toModel.stopFaults();
    stores.stopFaults();
    await settled(stores);
    await Promise.all(servers.map((server) => server.terminateForGood()));
    history.prunedBefore = processEnds.prunedBefore;
    const tables = await stores.tables();
    const replies = [...settledStateOf(tables, history).replies.values()];
    const found = check(tables, history);
    const {
      replies: suspended,
      lostMs,
      violations,
    } = partSuspended(found, tables, history, processEnds.endTimes);
    return {
      ...processEnds,
      replies: progress.replies,
      readings: history.readings.length,
      events: progress.events,
      freezes,
      cuts: { clients: clientCuts, model: modelCuts, stores: storeCuts },
      storeFaults,
      stops: history.stops.length,
      continuations: history.continuations,
      pruned: replies.filter((reply) => reply.isPruned).length,
      snapshots: history.readings.filter(({ events }) => events.some(({ name }) => name === 'snapshot'))
        .length,
      statuses: countBy(replies.map(({ status }) => status)),
      suspended,
      lostMs,
      violations: [...violations, ...crashesOf(processEnds)],
    };
  } finally {
    for (const server of servers) server.killForGood();
    await Promise.all([toServers.close(), toModel.close(), simulator.close()]);
    await stores.close();
  }
}

function environmentOf(modelUrl: string, { settings }: Stores): Record<string, string> {
  return {
    ...testEnvironment(modelUrl, ''),
    ...settings,
    // Shorter than most freezes, and longer than the pauses of a busy machine: replies whose owner changes are interrupted.
    LEASE_MS: '1500',
    HEARTBEAT_MS: '400',
    // Shorter than stalls of the network. On a busy machine some more replies fail, which breaks no law.
    MODEL_IDLE_TIMEOUT: '1s',
  };
}

function createServers(
  plan: Plan,
  environment: Record<string, string>,
  processEnds: ProcessEnds,
): SupervisedServer[] {
  return Array.from({ length: plan.nodes }, (_item, node) => {
    let starts = 0;
    const nextProcess = () => {
      const processPlan = planProcess(plan, node, starts);
      starts += 1;
      // The first processes must run until the users are signed in.
      return starts === 1 ? { ...processPlan, killAt: null } : processPlan;
    };
    // Processes that share no file are on different machines: only an expired lease shows that one is gone.
    const machine = { ...(plan.nodes === 3 && { FAULT_HOST_NAME: `machine-${node}` }) };
    return new SupervisedServer({ ...environment, ...machine }, nextProcess, processEnds);
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
  // One after the other: the first creates the tables.
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

/** @returns the number of frozen processes, and of each kind of store fault */
async function disturb(
  disturbances: readonly Disturbance[],
  servers: readonly SupervisedServer[],
  stores: Stores,
  progress: Progress,
  usersDone: AbortSignal,
): Promise<{ freezes: number; storeFaults: Record<string, number> }> {
  const freezing: Promise<void>[] = [];
  const storeFaults: string[] = [];
  for (const { afterReplies, afterEvents, kind, nodes, freezeMs } of disturbances) {
    await progress.until(() => progress.replies >= afterReplies, usersDone);
    const due = progress.events + afterEvents;
    await progress.until(() => progress.events >= due, usersDone);
    if (usersDone.aborted) break;
    const affected = nodes.flatMap((node) => servers[node] ?? []);
    if (kind === 'freeze') freezing.push(...affected.map((server) => server.freeze(freezeMs)));
    else if (kind === 'terminate') for (const server of affected) server.terminate();
    else await Promise.all(affected.map((server) => server.killWhenStarted()));
    if (kind === 'kill' || kind === 'freeze' || kind === 'terminate') continue;
    await stores.causeFault(kind);
    storeFaults.push(kind);
  }
  await Promise.all(freezing);
  return { freezes: freezing.length, storeFaults: countBy(storeFaults) };
}

async function redeploy(server: SupervisedServer): Promise<void> {
  const { starts } = server;
  server.terminate();
  await until('the server listens again', () => server.starts > starts && server.port !== null);
}

/** Waits until every reply is settled. After the time limit the checker reports the rest. */
async function settled(stores: Stores): Promise<void> {
  const deadline = performance.now() + WAIT_TIMEOUT_MS;
  while ((await stores.unfinished()) !== 0 && performance.now() < deadline) await sleep(20);
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function crashesOf({ crashes }: ProcessEnds): Violation[] {
  return crashes.map((detail) => ({ kind: 'defect', generationId: null, detail }));
}

function reportProgress(
  plan: Plan,
  progress: Progress,
  processEnds: ProcessEnds,
  onProgress: (line: string) => void,
): NodeJS.Timeout {
  const startedAt = performance.now();
  return setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const { kills, killsInCommit } = processEnds;
    onProgress(
      `${seconds} s: ${progress.replies} of ${plan.replies} replies, ${progress.events} events, ${kills} kills from outside and ${killsInCommit} in a commit`,
    );
  }, 10_000);
}
