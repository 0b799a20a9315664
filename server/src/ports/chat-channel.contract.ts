import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventTail } from '../core/event-tail.ts';
import type { ChatChannel } from './chat-channel.ts';

/** Chat channels, as the suite drives them. */
export interface ChatChannelHarness {
  channel: ChatChannel;
  /** The channel of another process. */
  elsewhere: ChatChannel;
  /** Publishes that a message has lost its rating. */
  publish(chatId: string, messageId: string): Promise<void>;
  /** Deletes all but the newest event of each chat. */
  prune(): Promise<void>;
  close(): Promise<void>;
}

const CHAT = '0190a000-0000-7000-8000-000000000001';
const OTHER_CHAT = '0190a000-0000-7000-8000-000000000002';

/** What every chat channel must do. */
export function chatChannelContract(name: string, start: () => Promise<ChatChannelHarness>): void {
  describe(`chat channel: ${name}`, () => {
    let harness: ChatChannelHarness;
    beforeEach(async () => {
      harness = await start();
    });
    afterEach(() => harness.close());

    async function publish(...messageIds: string[]): Promise<void> {
      for (const messageId of messageIds) await harness.publish(CHAT, messageId);
    }

    test('returns the events after a sequence and new ones, whichever process publishes them', async () => {
      await publish('a', 'b');
      const tails = [await harness.channel.open(CHAT, 1), await harness.elsewhere.open(CHAT, 0)];
      // Only tails with listeners are followed.
      for (const tail of tails) tail.subscribe(() => {});
      await publish('c', 'd');
      await vi.waitFor(() => expect(tails.map((tail) => publishedAfter(tail, 1))).toEqual(['bcd', 'bcd']));
    });

    test('without a sequence returns new events only', async () => {
      await publish('a', 'b');
      const tail = await harness.channel.open(CHAT, null);
      expect(tail.last).toBe(2);
      tail.subscribe(() => {});
      await publish('c');
      await vi.waitFor(() => expect(publishedAfter(tail, 2)).toBe('c'));
    });

    test('a chat without events begins at 0', async () => {
      const tail = await harness.channel.open(CHAT, null);
      expect(tail.last).toBe(0);
      tail.subscribe(() => {});
      await publish('a');
      await vi.waitFor(() => expect(publishedAfter(tail, 0)).toBe('a'));
    });

    test('events of different chats are separate', async () => {
      const tail = await harness.channel.open(CHAT, null);
      tail.subscribe(() => {});
      await harness.publish(OTHER_CHAT, 'theirs');
      await publish('ours');
      await vi.waitFor(() => expect(publishedAfter(tail, 0)).toBe('ours'));
    });

    test('sequences continue after old events were deleted', async () => {
      await publish('a', 'b', 'c');
      await harness.prune();
      const tail = await harness.channel.open(CHAT, 0);
      expect([tail.base, tail.last]).toEqual([2, 3]);
      expect((await harness.channel.open(CHAT, 3)).last).toBe(3);
    });

    test('events that are published simultaneously are each numbered and delivered once', async () => {
      const tail = await harness.elsewhere.open(CHAT, null);
      tail.subscribe(() => {});
      await Promise.all(Array.from({ length: 10 }, (_item, index) => harness.publish(CHAT, `${index}`)));
      await vi.waitFor(() => expect(tail.last).toBe(10));
      expect(publishedAfter(tail, 0).split('').toSorted().join('')).toBe('0123456789');
    });
  });
}

function publishedAfter(tail: EventTail, after: number): string {
  let published = '';
  for (let sequence = after + 1; sequence <= tail.last; sequence += 1) {
    published += JSON.parse(tail.at(sequence)?.data ?? '').messageId;
  }
  return published;
}
