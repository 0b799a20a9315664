import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { Redis } from '../../redis/redis.ts';
import { RedisStreams } from './redis-streams.ts';

const SERVER = process.env['MILLRACE_REDIS'] ?? '';
const ID = '0VbZShiBBYJk3RQE';
const OLD = { generationId: ID, epoch: 0, writer: 'old' };
const NEW = { generationId: ID, epoch: 1, writer: 'new' };

describe.skipIf(SERVER === '' && process.env['CI'] !== 'true')('streams in Redis (MILLRACE_REDIS)', () => {
  let redis: Redis;
  let prefix: string;
  let streams: RedisStreams;
  beforeAll(async () => {
    redis = new Redis({ urls: [SERVER], logger: SILENT_LOGGER });
    await redis.open();
  });
  afterAll(() => redis.close());
  beforeEach(async () => {
    prefix = `test-${randomBytes(6).toString('hex')}:`;
    streams = new RedisStreams(redis, prefix);
    await streams.claim(OLD, true);
    return () => streams.expire(ID, 0);
  });

  const entry = (claim: typeof OLD, after: number, text: string) => ({
    claim,
    after,
    last: after + text.length,
    entry: [after + 1, ...text.split('').map((letter) => `delta ${letter}`)].join('\n'),
  });
  const append = (...given: Parameters<typeof entry>) => streams.append([entry(...given)]);
  const loseAll = async () => {
    for (const key of ['events', 'fence', 'server']) await redis.send('DEL', `${prefix}{${ID}}:${key}`);
  };

  async function textAfter(after: number): Promise<string> {
    const segments = await streams.read(ID, after);
    return segments.flatMap(({ records }) => records.map(({ data }) => data)).join('');
  }

  test('an entry is added once, however often it is sent, and found by any of its sequences', async () => {
    for (const _again of [1, 2]) {
      expect(await append(OLD, 0, 'abc')).toEqual(new Map());
    }
    expect(await append(OLD, 3, 'd')).toEqual(new Map());
    for (const after of [1, 2, 3]) expect(await textAfter(after)).toBe('abcd');
    expect(await textAfter(4)).toBe('d');
    expect(await textAfter(5)).toBe('');
  });

  test('an entry behind a gap, of an earlier epoch or of another writer is refused with the actual fence', async () => {
    await append(OLD, 0, 'a');
    expect([...(await append(OLD, 2, 'c')).values()]).toEqual([{ epoch: 0, writer: 'old', last: 1 }]);
    await streams.claim(NEW, false);
    for (const claim of [OLD, { ...NEW, writer: 'other' }]) {
      expect([...(await append(claim, 1, 'b')).values()]).toEqual([{ epoch: 1, writer: 'new', last: 1 }]);
    }
    expect(await textAfter(0)).toBe('a');
  });

  test('a log of a later epoch can be neither claimed nor restored', async () => {
    expect(await streams.claim(NEW, false)).toEqual({ outcome: 'whole', last: 0 });
    expect(await streams.claim(OLD, false)).toEqual({ outcome: 'taken' });
    expect(await streams.restore(OLD, { last: 1, retained: '1\ndelta a', sentTo: 1 })).toBe('taken');
    expect(await textAfter(0)).toBe('');
  });

  test('a log that Redis has lost is reported as lost to its new owner, from then on', async () => {
    await append(OLD, 0, 'a');
    await loseAll();
    for (const _again of [1, 2]) expect(await streams.claim(NEW, false)).toEqual({ outcome: 'lost' });
    expect(await streams.isWhole(ID)).toBe(false);
  });

  test('a restored log is whole only if Redis has everything that was ever sent', async () => {
    await append(OLD, 0, 'a');
    await append(OLD, 1, 'b');
    await loseAll();
    const known = { last: 1, retained: entry(OLD, 0, 'a').entry, sentTo: 2 };
    expect(await streams.restore(OLD, known)).toBe('partial');
    expect([await textAfter(0), await streams.isWhole(ID)]).toEqual(['a', false]);
    await append(OLD, 1, 'b');
    expect(await streams.restore(OLD, known)).toBe('whole');
    expect([await textAfter(0), await streams.isWhole(ID)]).toEqual(['ab', true]);
    expect(await streams.claim(NEW, false)).toEqual({ outcome: 'whole', last: 2 });
  });
});
