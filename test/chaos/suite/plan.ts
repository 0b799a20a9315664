import type { ScriptItem } from 'millrace-gemini-simulator';
import { Seeded } from './seeded.ts';

export interface PlanOptions {
  seed: number;
  /** The number of requested replies. */
  replies: number;
  /** The number of kills from outside. Processes that kill themselves in a commit are not counted. */
  kills: number;
  /** The number of processes on one database: SQLite for one or two, PostgreSQL with Redis for three. */
  nodes: 1 | 2 | 3;
  /** Processes prune the events of old replies when they start. Their clocks are then right, so that the age is known. */
  prunes: boolean;
}

/** Everything that happens in a run, drawn from its seed. Moments are counted in replies, events, bytes and commits. */
export interface Plan extends PlanOptions {
  users: UserPlan[];
  /** In order; each waits for the one before. */
  disturbances: Disturbance[];
  /** What the model does with each request, in order of arrival. */
  behaviours: ScriptItem[];
  /** The model's pace (ms). */
  chunkDelayMs: number;
}

export interface UserPlan {
  name: string;
  /** One after another. */
  replies: ReplyPlan[];
}

export interface ReplyPlan {
  /** `edit` replaces the last question, `regenerate` its reply. In an empty chat both ask a first question. */
  origin: 'send' | 'edit' | 'regenerate';
  content: string;
  /** Continues the last reply instead, if that was cut off after some text. */
  continuesCut: boolean;
  /** Two tabs send the same request with the same key at once. */
  isAskedTwice: boolean;
  /** The number of events after which the requesting tab closes. */
  leavesAfter: number | null;
  tabs: TabPlan[];
  /** The number of events after which another tab stops the reply. */
  stopsAfter: number | null;
  deletesChatAfter: number | null;
}

/** A tab that opens while the reply runs. */
export interface TabPlan {
  /** The number of events that the first tab has seen when this tab opens. */
  opensAfter: number;
  /** Its first cursor, as a share of the known log from 0 to 1. */
  from: number;
  leavesAfter: number | null;
  /** The number of events after which it stops reading, until the first tab is done. */
  stallsAfter: number | null;
  /**
   * It loses its connection after `events` events, and reconnects once its user has requested `replies` more replies, or at the
   * end of the run if there are fewer.
   */
  sleeps: { after: number; replies: number } | null;
}

export interface Disturbance {
  /** It happens once `afterReplies` replies have been requested, and then `afterEvents` more events have been seen. */
  afterReplies: number;
  afterEvents: number;
  /** `terminate` is a deploy. */
  kind: 'kill' | 'freeze' | 'terminate' | StoreFault;
  /** The affected processes. With a fault of the stores, they are killed in the same moment. */
  nodes: readonly number[];
  /** How long a process is frozen. */
  freezeMs: number;
}

const STORE_FAULTS = ['redis-loses-its-data', 'postgres-restarts', 'redis-restarts'] as const;
/** Each is killed and started again. */
export type StoreFault = (typeof STORE_FAULTS)[number];

/** The plan of one server process, from start to end. */
export interface ProcessPlan {
  /** The delay before the process is started. */
  startDelayMs: number;
  /** See process-faults.ts. */
  clock: string;
  killAt: string | null;
  /** At its start it prunes the events of replies that ended longer ago (ms); null keeps all. */
  eventRetentionMs: number | null;
}

export function planRun(options: PlanOptions): Plan {
  const { seed, replies, kills, nodes } = options;
  const random = new Seeded(seed, 'plan');
  const count = Math.max(8, Math.min(36, Math.ceil(replies / 16)));
  const users = Array.from({ length: count }, (_item, index) => ({
    name: `user-${index}`,
    replies: Array.from({ length: Math.ceil((replies - index) / count) }, (_reply, each) =>
      planReply(new Seeded(seed, 'reply', index, each), `${index}/${each}`),
    ),
  }));
  return {
    ...options,
    users,
    disturbances: Array.from({ length: kills }, (_item, index) =>
      planDisturbances(
        new Seeded(seed, 'disturbance', index),
        index,
        nodes,
        (index * replies) / kills,
        replies / kills,
      ),
    ).flat(),
    behaviours: Array.from({ length: replies }, () => planBehaviour(random)),
    chunkDelayMs: random.between(1, 3),
  };
}

/** @param number the index of the process on its node, from 0 */
export function planProcess({ seed, prunes }: PlanOptions, node: number, number: number): ProcessPlan {
  const random = new Seeded(seed, 'life', node, number);
  const minutes = () => random.between(-12, 12) * 60_000;
  const killAt = `${random.pick(['before', 'after'])}:${
    // While it starts and recovers, or while it works.
    random.chance(0.55) ? random.between(2, 25) : random.between(40, 1200)
  }`;
  return {
    startDelayMs: random.chance(0.5) ? 0 : random.between(0, 400),
    clock: prunes ? '0' : `${minutes()},${random.between(5, 400)}:${minutes()}`,
    killAt: random.chance(0.5) ? killAt : null,
    eventRetentionMs: prunes && number > 0 ? random.pick([0, 2000]) : null,
  };
}

function planReply(random: Seeded, name: string): ReplyPlan {
  const length = random.chance(0.75) ? random.between(10, 700) : random.between(700, 5000);
  return {
    origin: random.pick(['send', 'send', 'send', 'edit', 'regenerate']),
    content: `${name} ${contentOf(random, length)}`,
    continuesCut: random.chance(0.6),
    isAskedTwice: random.chance(0.15),
    leavesAfter: random.maybe(0.08, () => random.between(1, 12)),
    tabs: Array.from({ length: random.pick([0, 0, 1, 1, 1, 2]) }, () => ({
      opensAfter: random.between(1, 12),
      from: random.pick([0, 1, random.fraction()]),
      leavesAfter: random.maybe(0.15, () => random.between(1, 8)),
      stallsAfter: random.maybe(0.25, () => random.between(1, 5)),
      sleeps: random.maybe(0.5, () => ({ after: random.between(1, 8), replies: random.between(1, 8) })),
    })),
    stopsAfter: random.maybe(0.15, () => random.between(1, 8)),
    deletesChatAfter: random.maybe(0.03, () => random.between(1, 15)),
  };
}

const WORDS = [
  'mill',
  'race',
  'wheel ',
  '水車',
  'ключ',
  '🎡',
  '👩‍👩‍👧',
  ' ',
  '\n',
  'é',
  '"\\',
  'data: x\n\n',
  '\u2028',
] as const;

function contentOf(random: Seeded, length: number): string {
  let content = '';
  while (content.length < length) content += random.pick(WORDS);
  return content;
}

function planBehaviour(random: Seeded): ScriptItem {
  const harmless = random.pick(['thoughts', 'split-characters', 'mixed-lines', 'no-usage', 'comments']);
  const harmful = random.pick([
    '503',
    '429',
    'reset-after-chunk',
    'truncate',
    'close',
    'error-event',
    'reset',
    'safety',
  ]);
  if (random.chance(0.8)) return {};
  return random.chance(0.6) ? harmless : harmful;
}

function planDisturbances(
  random: Seeded,
  index: number,
  nodes: PlanOptions['nodes'],
  start: number,
  length: number,
): Disturbance[] {
  const all = [0, 1, 2].slice(0, nodes) as [number, ...number[]];
  const at = () => ({
    afterReplies: Math.floor(start + random.fraction() * length * 0.9),
    // Not beyond the end of a short run.
    afterEvents: random.between(0, Math.min(200, Math.round(4 * length))),
    freezeMs: random.between(900, 3000),
    nodes: [random.pick(all)],
  });
  const kill: Disturbance = { ...at(), kind: 'kill', ...(random.chance(0.25) && { nodes: all }) };
  const others: Disturbance[] = [];
  if (random.chance(0.2)) others.push({ ...at(), kind: 'freeze' });
  if (random.chance(0.1)) others.push({ ...at(), kind: 'terminate' });
  // One after the other, so that a short run has them all.
  const kind = STORE_FAULTS[index % STORE_FAULTS.length];
  if (nodes === 3 && kind !== undefined) {
    others.push({ ...at(), kind, ...(random.chance(0.6) && { nodes: [] }) });
  }
  return [...others, kill].sort((one, other) => one.afterReplies - other.afterReplies);
}
