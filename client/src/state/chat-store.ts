import type { AttachedPart, Chat, EventData, Message } from '@millrace/protocol';
import type { ConnectionState } from '../stream/stream-options.ts';
import type { Store } from './store.ts';

export type ChatStatus = 'loading' | 'idle' | 'submitting' | 'streaming' | 'error' | 'deleted';

export interface ChatSnapshot {
  /** The visible path of the tree, oldest first. An unchanged message remains the same object. */
  messages: readonly Message[];
  /** The ids of `messages`: the same array until a message is added or removed, so tokens don't change it. */
  messageIds: readonly string[];
  /** For each visible message that was edited or regenerated: the ids of all its versions, oldest first. */
  branches: ReadonlyMap<string, readonly string[]>;
  status: ChatStatus;
  /** Null until it has been read. */
  chat: Chat | null;
  /** Why the last call failed; null once another call is made. The error of a failed reply is in its message. */
  error: Error | null;
  /** The last notice of the current or latest reply: docs/protocol/event-streams.md, 5.4. */
  notice: EventData['notice'] | null;
  /** `reconnecting` while the chat's channel or the running reply has lost its connection. */
  connection: ConnectionState;
}

export interface SendOptions {
  model?: string | undefined;
  /** Uploaded files, or files of another message. Default for an edited message: its own files. */
  attachments?: readonly AttachedPart[] | undefined;
}

/** Actions on a chat. Actions that start a reply do nothing and return false while another reply is being read. */
export interface ChatActions {
  /** Returns whether the server accepted the message; if not, `error` says why and the message is removed. */
  send: (content: string, options?: SendOptions) => Promise<boolean>;
  /** Sends a new version of a question. Both versions stay in the tree. */
  edit: (messageId: string, content: string, options?: SendOptions) => Promise<boolean>;
  /** Starts another version of a reply. Both versions stay in the tree. */
  regenerate: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /** Continues a reply that ended early, in a message under it. */
  continueReply: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /**
   * Retries what failed last: repeats the failed request, with the same idempotency key, or regenerates a reply that
   * failed.
   */
  retry: () => Promise<boolean>;
  /**
   * Stops the reply, on the model's side too. If the reply has not begun and the connection is lost, the request is
   * cancelled instead.
   */
  stop: () => Promise<void>;
  /** Recovers from an error: reads the chat and the running reply again. Broken connections resume by themselves. */
  resume: () => Promise<void>;
  /** Shows the newest path through this message. */
  showBranch: (messageId: string) => void;
}

/**
 * The state of one chat, outside React. While it has subscribers, it follows changes to the chat from every client. It
 * holds no connections while the page is hidden.
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
