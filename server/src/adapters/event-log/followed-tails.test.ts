import { afterEach, describe, expect, test, vi } from 'vitest';
import type { LoggedEvent } from '../../core/event-tail.ts';
import { SILENT_LOGGER } from '../system/silent-logger.ts';
import { FollowedTails } from './followed-tails.ts';
import type { RemoteEventSource } from './followed-tails.ts';

const eventsOf = (text: string): LoggedEvent[] =>
  text.split('').map((letter) => ({ name: letter === '|' ? 'done' : 'delta', data: letter }));

/** Logs in memory. Nothing is announced unless the test does it. */
class Source implements RemoteEventSource {
  readonly logs = new Map<string, string>();
  readonly subscribed = new Set<string>();
  readonly completeLogs = new Set<string>();
  loads = 0;

  subscribe(logId: string) {
    const isNew = !this.subscribed.has(logId);
    this.subscribed.add(logId);
    return Promise.resolve(isNew);
  }

  unsubscribe(logId: string) {
    this.subscribed.delete(logId);
  }

  async load(wanted: readonly { logId: string }[]) {
    this.loads += 1;
    return new Map(
      wanted.map(({ logId }) => [logId, { base: 0, records: eventsOf(this.logs.get(logId) ?? '') }] as const),
    );
  }

  findComplete(logIds: readonly string[]) {
    return Promise.resolve(new Set(logIds.filter((logId) => this.completeLogs.has(logId))));
  }
}

describe('followed tails', () => {
  let close = () => {};
  afterEach(() => close());

  async function follow(text: string) {
    const source = new Source();
    source.logs.set('a', text);
    const tails = new FollowedTails(source, SILENT_LOGGER);
    close = () => tails.close();
    const tail = await tails.open('a', 0);
    const textOf = () =>
      tail
        .events()
        .map(({ data }) => data)
        .join('');
    return { source, tails, tail, textOf };
  }

  test('take delivered records once', async () => {
    const { tails, textOf } = await follow('abc');
    tails.deliver('a', 3, eventsOf('cd'));
    tails.deliver('a', 1, eventsOf('abcd'));
    tails.deliver('a', 5, eventsOf('e'));
    expect(textOf()).toBe('abcde');
  });

  test('are loaded at once when a delivery is missing', async () => {
    const { source, tails, textOf } = await follow('abc');
    source.logs.set('a', 'abcdefg');
    tails.deliver('a', 6, eventsOf('fg'));
    await vi.waitFor(() => expect(textOf()).toBe('abcdefg'));
  });

  test('are loaded once for simultaneous readers', async () => {
    const { source, tails } = await follow('abc');
    source.logs.set('b', 'xyz');
    const before = source.loads;
    const opened = await Promise.all([tails.open('b', 1), tails.open('b', 1), tails.open('b', 1)]);
    expect(new Set(opened).size).toBe(1);
    // Once before subscribing and once after.
    expect(source.loads - before).toBe(2);
    expect(await tails.open('b', 2)).toBe(opened[0]);
  });

  test('are lost when the log is complete and its terminal event is gone', async () => {
    const one = await follow('abc');
    one.source.completeLogs.add('a');
    one.tails.announce('a', 9);
    await vi.waitFor(() => expect(one.tail.isLost).toBe(true));
  });

  test('are dropped when they have no listeners, or have ended', async () => {
    const { source, tails, tail } = await follow('abc');
    source.logs.set('b', 'x');
    const listened = await tails.open('b', 0);
    listened.subscribe(() => {});
    await vi.waitFor(() => expect([...source.subscribed]).toEqual(['b']));
    tails.deliver('b', 2, eventsOf('|'));
    await vi.waitFor(() => expect(source.subscribed.size).toBe(0));
    expect(tail.last).toBe(3);
  });
});
