import type { EventTail } from '../core/event-tail.ts';

/** The changes of each chat, as events for its followers, whichever process makes the changes. */
export interface ChatChannel {
  /**
   * The events after a sequence, and new ones as they come.
   * @param after null for new events only
   */
  open(chatId: string, after: number | null): Promise<EventTail>;
  close(): Promise<void>;
}
