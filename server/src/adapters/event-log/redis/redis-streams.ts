import type { Redis, ScriptItem } from '../../redis/redis.ts';
import type { DecodedSegment } from '../event-segment.ts';
import { APPEND, CLAIM, DISCARD, EXPIRE, IS_WHOLE, RESTORE, TRIM } from './redis-scripts.ts';
import { decodeEntry } from './stream-entry.ts';

/** A reply that is written to no more is forgotten after so long, ended or not (s). */
const KEPT_FOR = 86_400;

/** Who writes a log: see redis-scripts.ts. */
export interface Claim {
  generationId: string;
  epoch: number;
  /** Tells it from others of the same epoch. */
  writer: string;
}

/** An entry to be added, after a sequence and to another. */
export interface NewEntry<Owner extends Claim = Claim> {
  claim: Owner;
  after: number;
  last: number;
  entry: string;
}

export type Claimed = { outcome: 'taken' } | { outcome: 'whole'; last: number } | { outcome: 'lost' };

/** Whether another has a log; or it is whole again; or only once what was sent last is there. */
export type Restored = 'taken' | 'whole' | 'open';

/** The fence of a log, as it is. */
export interface Fence {
  epoch: number;
  writer: string;
  last: number;
}

/** What is done to the logs in Redis. Everything throws StorageError. */
export class RedisStreams {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** The key of the events, on which they are published too. */
  channel(generationId: string): string {
    return `${this.#prefix}{${generationId}}:events`;
  }

  /** The generation that a channel is of. */
  generationOf(channel: string): string {
    return channel.slice(this.#prefix.length + 1, channel.lastIndexOf('}'));
  }

  async claim({ generationId, epoch, writer }: Claim, isNew: boolean): Promise<Claimed> {
    const words = [String(KEPT_FOR), String(epoch), writer, isNew ? '1' : '0'];
    const [outcome, last] = (await this.#redis.run(CLAIM, this.#keys(generationId), words)) as number[];
    if (outcome === 0) return { outcome: 'taken' };
    return outcome === 1 ? { outcome: 'whole', last: last ?? 0 } : { outcome: 'lost' };
  }

  /**
   * Adds entries, one for each log.
   * @returns what was not added: with the fence that was in the way, null where there is none, or why it failed
   */
  async append<Entry extends NewEntry>(entries: readonly Entry[]): Promise<Map<Entry, Fence | null | Error>> {
    const items = entries.map((entry) => {
      const { claim, after, last } = entry;
      const [fence, events] = this.#keys(claim.generationId);
      const words = [fenceOf(claim, after), fenceOf(claim, last), `${last}-0`, entry.entry];
      return { entry, keys: [fence, events], words };
    });
    const refused = new Map<Entry, Fence | null | Error>();
    for (const call of await this.#redis.runEach(APPEND, [String(KEPT_FOR)], items)) {
      if (call.outcome.status === 'rejected') {
        for (const { entry } of call.items) refused.set(entry, call.outcome.reason as Error);
        continue;
      }
      const answer = call.outcome.value as (number | string)[];
      for (let index = 0; index < answer.length; index += 2) {
        const item = call.items[Number(answer[index]) - 1];
        if (item !== undefined) refused.set(item.entry, parseFence(String(answer[index + 1])));
      }
    }
    return refused;
  }

  /** See RESTORE. */
  async restore(claim: Claim, known: { last: number; unsaved: string; sent: number }): Promise<Restored> {
    const { last, unsaved, sent } = known;
    const words = [KEPT_FOR, claim.epoch, claim.writer, last, unsaved, sent].map(String);
    const outcome = await this.#redis.run(RESTORE, this.#keys(claim.generationId), words);
    if (outcome === 0) return 'taken';
    return outcome === 1 ? 'whole' : 'open';
  }

  /** The entries that hold what follows a sequence, that one too. */
  async read(generationId: string, after: number): Promise<DecodedSegment[]> {
    const rows = await this.#redis.send('XRANGE', this.channel(generationId), `${after}-0`, '+');
    return (rows as [string, [string, string]][]).map(([, [, entry]]) => decodeEntry(entry));
  }

  /** Whether Redis has lost nothing of a log that is being written. */
  async isWhole(generationId: string): Promise<boolean> {
    const [fence, , server] = this.#keys(generationId);
    return (await this.#redis.run(IS_WHOLE, [fence, server], [])) === 1;
  }

  /** Forgets of each log what comes before a sequence. */
  async trim(logs: readonly { generationId: string; before: number }[]): Promise<void> {
    const items: ScriptItem[] = logs.map(({ generationId, before }) => {
      const [, events, server] = this.#keys(generationId);
      return { keys: [events, server], words: [`${before}-0`] };
    });
    for (const { outcome } of await this.#redis.runEach(TRIM, [String(KEPT_FOR)], items)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
  }

  /** @param after has a log forgotten after so long (s) */
  async expire(generationId: string, after: number): Promise<void> {
    await this.#redis.run(EXPIRE, this.#keys(generationId), [String(after)]);
  }

  /** Forgets a log's events, and tells those who listen that it is at `last` now. */
  async discard(generationId: string, last: string): Promise<void> {
    await this.#redis.run(DISCARD, [this.channel(generationId)], [last]);
  }

  #keys(generationId: string): [fence: string, events: string, server: string] {
    const log = `${this.#prefix}{${generationId}}`;
    return [`${log}:fence`, `${log}:events`, `${log}:server`];
  }
}

function fenceOf({ epoch, writer }: Claim, last: number): string {
  return `${epoch} ${writer} ${last}`;
}

function parseFence(state: string): Fence | null {
  const [epoch, writer, last] = state.split(' ');
  if (writer === undefined || last === undefined) return null;
  return { epoch: Number(epoch), writer, last: Number(last) };
}
