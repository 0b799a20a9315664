import { afterEach, describe, expect, test, vi } from 'vitest';
import type { LoggedEvent } from '../../core/event-tail.ts';
import { SILENT_LOGGER } from '../system/silent-logger.ts';
import { FollowedTails } from './followed-tails.ts';
import type { TailSource } from './followed-tails.ts';

const eventsOf = (text: string): LoggedEvent[] =>
  text.split('').map((letter) => ({ name: letter === '|' ? 'done' : 'delta', data: letter }));

/** Logs in memory that tell of nothing by themselves. */
class Source implements TailSource {
  readonly logs = new Map<string, string>();
  readonly subscribed = new Set<string>();
  readonly closedLogs = new Set<string>();
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
      wanted.map(({ logId }) => [logId, { base: 0, events: eventsOf(this.logs.get(logId) ?? '') }] as const),
    );
  }

  closed(logIds: readonly string[]) {
    return Promise.resolve(new Set(logIds.filter((logId) => this.closedLogs.has(logId))));
  }
}

describe('tails that are followed', () => {
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

  test('are fed what is told, and nothing twice', async () => {
    const { tails, textOf } = await follow('abc');
    tails.deliver('a', 3, eventsOf('cd'));
    tails.deliver('a', 1, eventsOf('abcd'));
    tails.deliver('a', 5, eventsOf('e'));
    expect(textOf()).toBe('abcde');
  });

  test('are loaded at once where something was not told', async () => {
    const { source, tails, textOf } = await follow('abc');
    source.logs.set('a', 'abcdefg');
    tails.deliver('a', 6, eventsOf('fg'));
    await vi.waitFor(() => expect(textOf()).toBe('abcdefg'));
  });

  test('are loaded once for all who come at the same time', async () => {
    const { source, tails } = await follow('abc');
    source.logs.set('b', 'xyz');
    const before = source.loads;
    const opened = await Promise.all([tails.open('b', 1), tails.open('b', 1), tails.open('b', 1)]);
    expect(new Set(opened).size).toBe(1);
    // Before it is subscribed to, and after that.
    expect(source.loads - before).toBe(2);
    expect(await tails.open('b', 2)).toBe(opened[0]);
  });

  test('are lost when the log goes on far ahead, or was closed without an end', async () => {
    const one = await follow('abc');
    one.source.closedLogs.add('a');
    one.tails.announce('a', 9);
    await vi.waitFor(() => expect(one.tail.isLost).toBe(true));
  });

  test('are followed no more when nobody has listened for a while, or they have ended', async () => {
    const { source, tails, tail } = await follow('abc');
    source.logs.set('b', 'x');
    const heard = await tails.open('b', 0);
    heard.subscribe(() => {});
    await vi.waitFor(() => expect([...source.subscribed]).toEqual(['b']));
    tails.deliver('b', 2, eventsOf('|'));
    await vi.waitFor(() => expect(source.subscribed.size).toBe(0));
    expect(tail.last).toBe(3);
  });
});
