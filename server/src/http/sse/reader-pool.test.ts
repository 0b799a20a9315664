import { HEARTBEAT_FRAME } from '@millrace/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventTail } from '../../core/event-tail.ts';
import { encodeNativeFrames } from './native-frames.ts';
import { ReaderPool } from './reader-pool.ts';
import type { FrameSink } from './frame-sink.ts';

const ID = '0VbZShiBBYJk3RQE';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connection that follows a reply with one event. */
function connect(pool: ReaderPool, { isFull }: { isFull: boolean }) {
  const frames: string[] = [];
  const destroy = vi.fn<() => void>();
  const sink: FrameSink = {
    write(frame) {
      frames.push(frame.toString());
      return !isFull;
    },
    end() {},
    destroy,
    onDrain() {},
    onClose() {},
  };
  const tail = new EventTail(ID, 0, [{ name: 'delta', data: '{"text":"Hello"}' }]);
  pool.add(tail, 0, sink, encodeNativeFrames);
  return { destroy, heartbeats: () => frames.filter((frame) => frame === HEARTBEAT_FRAME).length };
}

test.each([15_000, 90_000, 3_600_000])(
  'with a heartbeat of %i ms a full connection has 30 s to drain, whenever it became full',
  (heartbeat) => {
    const pool = new ReaderPool(heartbeat);
    for (const moment of [29_999, 1, 4999]) {
      vi.advanceTimersByTime(moment);
      const { destroy } = connect(pool, { isFull: true });
      vi.advanceTimersByTime(24_999);
      expect(destroy).not.toHaveBeenCalled();
      vi.advanceTimersByTime(10_001);
      expect(destroy).toHaveBeenCalled();
    }
    pool.close();
  },
);

test.each([30, 15_000, 90_000])('a stream that is silent for %i ms gets a heartbeat', (heartbeat) => {
  const pool = new ReaderPool(heartbeat);
  const { heartbeats } = connect(pool, { isFull: false });
  vi.advanceTimersByTime(heartbeat - 1);
  expect(heartbeats()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(heartbeats()).toBe(1);
  vi.advanceTimersByTime(heartbeat);
  expect(heartbeats()).toBe(2);
  pool.close();
});

test('readers that connected at different moments get their heartbeats at different moments', () => {
  const pool = new ReaderPool(15_000);
  const readers = Array.from({ length: 20 }, () => {
    vi.advanceTimersByTime(200);
    return connect(pool, { isFull: false });
  });
  const total = () => readers.reduce((sum, { heartbeats }) => sum + heartbeats(), 0);
  vi.advanceTimersByTime(10_900);
  for (let moment = 0, before = 0; moment < 100; moment += 1) {
    vi.advanceTimersByTime(50);
    expect(total() - before).toBeLessThanOrEqual(1);
    before = total();
  }
  expect(total()).toBe(20);
  pool.close();
});
