import type { AttachedPart, Chat, EventData, Message } from '@millrace/protocol';
import type { ConnectionState } from '../stream/log.ts';
import type { Store } from './store.ts';

export type ChatStatus = 'loading' | 'idle' | 'submitting' | 'streaming' | 'error' | 'deleted';

export interface ChatSnapshot {
  /** The visible path of the tree, oldest first. A message that didn't change is the same object as before. */
  messages: readonly Message[];
  /** Their ids: the same array until a message comes or goes, however many tokens do. */
  messageIds: readonly string[];
  /** Of each message on view that has others in its place (edited, regenerated) the ids of all of them, oldest first. */
  branches: ReadonlyMap<string, readonly string[]>;
  status: ChatStatus;
  /** Null until it is known. */
  chat: Chat | null;
  /** Why the last call failed; null once another one is made. A reply that failed says so in its message. */
  error: Error | null;
  /** What was said last of the reply that is read, or was read last: docs/protocol/event-streams.md, 5.4. */
  notice: EventData['notice'] | null;
  /** Whether the chat, and the reply that is being read, have the connections they need. */
  connection: ConnectionState;
}

export interface SendOptions {
  model?: string | undefined;
  /** Files that were uploaded, or that a message has. An edited message keeps its own unless told otherwise. */
  attachments?: readonly AttachedPart[] | undefined;
}

/** What can be done in a chat. Those that ask for a reply do nothing, and answer false, while one is being read. */
export interface ChatActions {
  /** Answers whether the server took the message; when not, `error` says why and the message is gone again. */
  send: (content: string, options?: SendOptions) => Promise<boolean>;
  /** Asks something else in the place of a question. Both stay in the tree. */
  edit: (messageId: string, content: string, options?: SendOptions) => Promise<boolean>;
  /** Asks for another reply in the place of this one. */
  regenerate: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /** Asks for the rest of a reply that has ended with some text, in a message under it. */
  continueReply: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /**
   * Makes good what failed last: sends what was refused again, once only however often the server got it, or asks for
   * another reply in the place of one that failed.
   */
  retry: () => Promise<boolean>;
  /**
   * Stops the reply, at the model too. While there is no connection to a reply that hasn't begun yet, it gives up
   * sending instead.
   */
  stop: () => Promise<void>;
  /** Goes on after an error: reads the chat again, and the reply that is running. Broken connections resume by themselves. */
  resume: () => Promise<void>;
  /** Shows the newest path that leads through this message. */
  showBranch: (messageId: string) => void;
}

/**
 * The state of one chat, outside React. While somebody is subscribed, it follows what is done in the chat from here
 * and elsewhere; a page that nobody looks at keeps no connections for it.
 */
export type ChatStore = Store<ChatSnapshot> & ChatActions;

export const EMPTY_CHAT: ChatSnapshot = {
  messages: [],
  messageIds: [],
  branches: new Map(),
  status: 'loading',
  chat: null,
  error: null,
  notice: null,
  connection: 'open',
};
