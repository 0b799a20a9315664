import type { Chat, EventData, Message } from '@millrace/protocol';
import type { ConnectionState } from '../stream/log.ts';

export type ChatStatus = 'loading' | 'idle' | 'submitting' | 'streaming' | 'error' | 'deleted';

export interface ChatSnapshot {
  /** The visible path of the tree, oldest first. A message that didn't change is the same object as before. */
  messages: readonly Message[];
  status: ChatStatus;
  /** Null until it is known. */
  chat: Chat | null;
  /** Why the last call failed; null once another one is made. A reply that failed says so in its message. */
  error: Error | null;
  /** What was said last of the reply that is read, or was read last: PROTOCOL.md, `notice`. */
  notice: EventData['notice'] | null;
  /** Whether the chat, and the reply that is being read, have the connections they need. */
  connection: ConnectionState;
}

export interface SendOptions {
  model?: string;
}

/**
 * The state of one chat, outside React. While somebody is subscribed, it follows what is done in the chat from here
 * and elsewhere; a page that nobody looks at keeps no connections for it.
 */
export interface ChatStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => ChatSnapshot;
  /** Answers whether the server took the message; when not, `error` says why and the message is gone again. */
  send: (content: string, options?: SendOptions) => Promise<boolean>;
  /** Asks for another reply in the place of this one. */
  regenerate: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /** Asks for the rest of a reply that has ended with some text, in a message under it. */
  continueReply: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /**
   * Stops the reply, at the model too. While there is no connection to a reply that hasn't begun yet, it gives up
   * sending instead.
   */
  stop: () => Promise<void>;
  reload: () => Promise<void>;
}
