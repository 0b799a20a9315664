import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventTail } from '../core/event-tail.ts';
import type { ChatChannel } from './chat-channel.ts';

/** One way to keep chat channels, as the suite drives it. */
export interface ChatChannelHarness {
  channel: ChatChannel;
  /** That of another process. */
  elsewhere: ChatChannel;
  /** Tells a chat that a message of this id has lost its rating. */
  tell(chatId: string, messageId: string): Promise<void>;
  /** Throws away all but the newest event of each chat. */
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

    async function tell(...messageIds: string[]): Promise<void> {
      for (const messageId of messageIds) await harness.tell(CHAT, messageId);
    }

    test('gives what was told after a number, and what comes, wherever it is told', async () => {
      await tell('a', 'b');
      const tails = [await harness.channel.open(CHAT, 1), await harness.elsewhere.open(CHAT, 0)];
      // Only those are fed that somebody listens to.
      for (const tail of tails) tail.subscribe(() => {});
      await tell('c', 'd');
      await vi.waitFor(() => expect(tails.map((tail) => toldAfter(tail, 1))).toEqual(['bcd', 'bcd']));
    });

    test('without a number gives what comes alone', async () => {
      await tell('a', 'b');
      const tail = await harness.channel.open(CHAT, null);
      expect(tail.last).toBe(2);
      tail.subscribe(() => {});
      await tell('c');
      await vi.waitFor(() => expect(toldAfter(tail, 2)).toBe('c'));
    });

    test('a chat of which nothing was told is at its beginning', async () => {
      const tail = await harness.channel.open(CHAT, null);
      expect(tail.last).toBe(0);
      tail.subscribe(() => {});
      await tell('a');
      await vi.waitFor(() => expect(toldAfter(tail, 0)).toBe('a'));
    });

    test('chats are apart', async () => {
      const tail = await harness.channel.open(CHAT, null);
      tail.subscribe(() => {});
      await harness.tell(OTHER_CHAT, 'theirs');
      await tell('ours');
      await vi.waitFor(() => expect(toldAfter(tail, 0)).toBe('ours'));
    });

    test('numbers go on when what is old was thrown away', async () => {
      await tell('a', 'b', 'c');
      await harness.prune();
      const tail = await harness.channel.open(CHAT, 0);
      expect([tail.base, tail.last]).toEqual([2, 3]);
      expect((await harness.channel.open(CHAT, 3)).last).toBe(3);
    });

    test('told at once by many, each is numbered and heard once', async () => {
      const tail = await harness.elsewhere.open(CHAT, null);
      tail.subscribe(() => {});
      await Promise.all(Array.from({ length: 10 }, (_item, index) => harness.tell(CHAT, `${index}`)));
      await vi.waitFor(() => expect(tail.last).toBe(10));
      expect(toldAfter(tail, 0).split('').toSorted().join('')).toBe('0123456789');
    });
  });
}

function toldAfter(tail: EventTail, after: number): string {
  let told = '';
  for (let sequence = after + 1; sequence <= tail.last; sequence += 1) {
    told += JSON.parse(tail.at(sequence)?.data ?? '').messageId;
  }
  return told;
}
