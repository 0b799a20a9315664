import type { ChannelEventName } from '@millrace/protocol';
import type { Generated } from 'kysely';

/** The events of a chat's channel, numbered within the chat. */
export interface ChatEventRow {
  /** Increases over all chats. */
  position: Generated<number>;
  chat_id: string;
  sequence: number;
  name: ChannelEventName;
  data: string;
  created_at: number;
}

/** The newest committed events of all generations; see event-journal.ts. */
export interface JournalRow {
  position: Generated<number>;
  /** The event log that wrote it and may delete it. */
  writer: number;
  generation_id: string;
  sequence: number;
  name: string;
  data: string;
  /** JSON that only the server reads. */
  private: string | null;
}

/** Consecutive events of one generation. */
export interface SegmentRow {
  generation_id: string;
  first_sequence: number;
  last_sequence: number;
  /** A JSON array of `[name, data]`, or `[name, data, private]` for an event with private data, one per line. */
  events: string;
}
