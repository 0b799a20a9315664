import { join } from 'node:path';
import type { ProcessUsage } from '../measure/process-usage.ts';
import type { Model } from '../model/model.ts';
import { Child } from '../processes/child.ts';
import { Millrace } from './millrace.ts';
import { rawRequest } from './subject.ts';
import type { Subject } from './subject.ts';

/** The services that several servers share. */
export interface Shared {
  /** The URL of an empty database. */
  DATABASE_URL: string;
  REDIS_URL?: string;
}

interface NodesOptions {
  name: string;
  shared: Shared;
  /** The number of users, so high that no user waits for their own requests. */
  users: number;
}

const AI_SDK = join(import.meta.dirname, 'servers/ai-sdk.ts');

/** Nodes that each generate and deliver their share of the replies. */
export async function millraceNodes(
  model: Model,
  { nodes, ...options }: NodesOptions & { nodes: number },
): Promise<Subject> {
  const started = await startNodes(model, nodes, options);
  const [first] = started;
  return { ...together(options.name, started), requests: (count) => first.requests(count) };
}

/** Two nodes: one generates the replies, the other delivers them to readers. */
export async function millraceElsewhere(model: Model, options: NodesOptions): Promise<Subject> {
  const started = await startNodes(model, 2, options);
  const [maker, reader] = started;
  return {
    ...together(options.name, started),
    ports: [reader?.port ?? 0],
    requests: (count) => maker.beginAll(count),
  };
}

/** The same with the AI SDK and `resumable-stream`, whose readers reconnect to another process. */
export async function aiSdkElsewhere(
  model: Model,
  { name, redisUrl }: { name: string; redisUrl: string },
): Promise<Subject> {
  const environment = { MODEL_URL: model.child.url, RESUMABLE: '1', REDIS_URL: redisUrl };
  const start = () => Child.start(AI_SDK, { side: 'server', environment });
  const [maker, reader] = await Promise.all([start(), start()]);
  return {
    ...together(name, [maker, reader]),
    ports: [reader.port],
    requests: (count) => Promise.all(Array.from({ length: count }, () => beginWith(maker))),
  };
}

/** Starts a reply, and closes the connection when it has begun. */
async function beginWith({ url }: Child): Promise<string> {
  const response = await fetch(`${url}/chat`, { method: 'POST', body: JSON.stringify({ message: 'go on' }) });
  const id = response.headers.get('x-stream-id');
  if (id === null) throw new Error(`The AI SDK answered ${response.status}: ${await response.text()}`);
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  return rawRequest('GET', `/follow/${id}`);
}

async function startNodes(
  model: Model,
  nodes: number,
  { name, shared, users }: NodesOptions,
): Promise<[Millrace, ...Millrace[]]> {
  // One after the other: the first creates the tables.
  const first = await Millrace.start(model, { name, environment: { ...shared }, users });
  const started: [Millrace, ...Millrace[]] = [first];
  while (started.length < nodes) {
    started.push(await Millrace.start(model, { name, environment: { ...shared }, users: 0 }));
  }
  return started;
}

interface Process {
  readonly port: number;
  usage(): ProcessUsage | null;
  rest(): Promise<void>;
  stop(): Promise<void>;
}

function together(name: string, processes: readonly Process[]): Omit<Subject, 'requests'> {
  const [first] = processes;
  return {
    name,
    port: first?.port ?? 0,
    ports: processes.map(({ port }) => port),
    usage() {
      let sum: ProcessUsage = { cpu: 0, memory: 0 };
      for (const process of processes) {
        const usage = process.usage();
        if (usage === null) return null;
        sum = { cpu: sum.cpu + usage.cpu, memory: sum.memory + usage.memory };
      }
      return sum;
    },
    rest: async () => void (await Promise.all(processes.map((process) => process.rest()))),
    stop: async () => void (await Promise.all(processes.map((process) => process.stop()))),
  };
}
