import type { Redis, ScriptItem } from '../../redis/redis.ts';
import type { DecodedSegment } from '../event-segment.ts';
import { APPEND, CLAIM, DISCARD, EXPIRE, IS_WHOLE, RESTORE, TRIM } from './redis-scripts.ts';
import { decodeEntry } from './stream-entry.ts';

/** The keys of a log expire this long after the last write, whether or not it has ended (s). */
const TTL_S = 86_400;

/** Who writes a log: see redis-scripts.ts. */
export interface Claim {
  readonly generationId: string;
  readonly epoch: number;
  /** Distinguishes writers of the same epoch. */
  readonly writer: string;
}

/** An entry with the records after one sequence and up to another. */
export interface NewEntry<Owner extends Claim = Claim> {
  claim: Owner;
  after: number;
  last: number;
  entry: string;
}

/** `taken`: another node owns the log. `lost`: some of its records may be missing. */
export type ClaimOutcome = { outcome: 'taken' } | { outcome: 'whole'; last: number } | { outcome: 'lost' };

/** `taken`: another node owns the log. `partial`: what was sent last is still missing. */
export type RestoreOutcome = 'taken' | 'whole' | 'partial';

/** Who may write a log now, and the last sequence written. */
export interface Fence {
  epoch: number;
  writer: string;
  last: number;
}

/** The operations on logs in Redis. All of them throw StorageError. */
export class RedisStreams {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** The key of the events; entries are published on a channel of the same name. */
  channel(generationId: string): string {
    return `${this.#prefix}{${generationId}}:events`;
  }

  generationOf(channel: string): string {
    return channel.slice(this.#prefix.length + 1, channel.lastIndexOf('}'));
  }

  async claim({ generationId, epoch, writer }: Claim, isNew: boolean): Promise<ClaimOutcome> {
    const words = [String(TTL_S), String(epoch), writer, isNew ? '1' : '0'];
    const [outcome, last] = (await this.#redis.run(CLAIM, this.#keys(generationId), words)) as number[];
    if (outcome === 0) return { outcome: 'taken' };
    return outcome === 1 ? { outcome: 'whole', last: last ?? 0 } : { outcome: 'lost' };
  }

  /**
   * Adds entries, one to each log.
   * @returns the refused entries: each with the fence that refused it, null when there is none, or the error
   */
  async append<Entry extends NewEntry>(entries: readonly Entry[]): Promise<Map<Entry, Fence | null | Error>> {
    const items = entries.map((entry) => {
      const { claim, after, last } = entry;
      const [fence, events] = this.#keys(claim.generationId);
      const words = [fenceOf(claim, after), fenceOf(claim, last), `${last}-0`, entry.entry];
      return { entry, keys: [fence, events], words };
    });
    const refused = new Map<Entry, Fence | null | Error>();
    for (const call of await this.#redis.runEach(APPEND, [String(TTL_S)], items)) {
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
  async restore(
    claim: Claim,
    known: { last: number; retained: string; sentTo: number },
  ): Promise<RestoreOutcome> {
    const { last, retained, sentTo } = known;
    const words = [TTL_S, claim.epoch, claim.writer, last, retained, sentTo].map(String);
    const outcome = await this.#redis.run(RESTORE, this.#keys(claim.generationId), words);
    if (outcome === 0) return 'taken';
    return outcome === 1 ? 'whole' : 'partial';
  }

  /** The entries from a sequence on, including the one that holds it. */
  async read(generationId: string, after: number): Promise<DecodedSegment[]> {
    const rows = await this.#redis.send('XRANGE', this.channel(generationId), `${after}-0`, '+');
    return (rows as [string, [string, string]][]).map(([, [, entry]]) => decodeEntry(entry));
  }

  /** Whether Redis has lost nothing of a log that is being written. */
  async isWhole(generationId: string): Promise<boolean> {
    const [fence, , server] = this.#keys(generationId);
    return (await this.#redis.run(IS_WHOLE, [fence, server], [])) === 1;
  }

  /** Deletes the entries of each log before a sequence. */
  async trim(logs: readonly { generationId: string; before: number }[]): Promise<void> {
    const items: ScriptItem[] = logs.map(({ generationId, before }) => {
      const [, events, server] = this.#keys(generationId);
      return { keys: [events, server], words: [`${before}-0`] };
    });
    for (const { outcome } of await this.#redis.runEach(TRIM, [String(TTL_S)], items)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
  }

  async expire(generationId: string, ttlS: number): Promise<void> {
    await this.#redis.run(EXPIRE, this.#keys(generationId), [String(ttlS)]);
  }

  /** Deletes a log's events, and announces its last sequence. */
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
