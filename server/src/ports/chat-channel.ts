import type { EventTail } from '../core/event-tail.ts';

/** What happens in a chat, told to all who follow it, whichever process did it. */
export interface ChatChannel {
  /**
   * What was told after a sequence, and what comes.
   * @param after null for what comes alone
   */
  open(chatId: string, after: number | null): Promise<EventTail>;
  close(): Promise<void>;
}
