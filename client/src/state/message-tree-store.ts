import { isAttached } from '@millrace/protocol';
import type { Message, NumberedEvent } from '@millrace/protocol';
import type { ChatClient, NewMessage, StartOptions } from '../chat-client.ts';
import { toError } from '../errors/to-error.ts';
import { ActiveReply } from './active-reply.ts';
import { applyEvent } from './apply-event.ts';
import { ChatFollower } from './chat-follower.ts';
import { EMPTY_CHAT } from './chat-store.ts';
import type { ChatSnapshot, ChatStatus, ChatStore, SendOptions } from './chat-store.ts';
import { MessageTree } from './message-tree.ts';
import { requestByMessage, requestByReply } from './pending-request.ts';
import type { PendingRequest } from './pending-request.ts';
import { Listeners } from './listeners.ts';
import { oncePerFrame } from './once-per-frame.ts';

export function createChatStore(client: ChatClient, chatId: string): ChatStore {
  return new MessageTreeStore(client, chatId);
}

class MessageTreeStore implements ChatStore {
  readonly #client: ChatClient;
  readonly #chatId: string;
  readonly #tree = new MessageTree();
  readonly #follower: ChatFollower;
  readonly #listeners = new Listeners({
    onFirst: () => this.#follower.follow(),
    onNone: () => this.#close(),
  });
  #snapshot: ChatSnapshot = EMPTY_CHAT;
  /** The tree's `structureVersion` for the snapshot's branches. */
  #branchesVersion = 0;
  #notice: ChatSnapshot['notice'] = null;
  readonly #changed = oncePerFrame(() => {
    this.#applyUpdates();
    this.#publish();
  });
  /** Why the last call failed. */
  #error: Error | null = null;
  #reply: ActiveReply | null = null;
  /** The last request, until its reply has begun. */
  #request: PendingRequest | null = null;

  constructor(client: ChatClient, chatId: string) {
    this.#client = client;
    this.#chatId = chatId;
    this.#follower = new ChatFollower(client, chatId, this.#tree, () => this.#changed());
  }

  subscribe = (listener: () => void): (() => void) => this.#listeners.subscribe(listener);

  getSnapshot = (): ChatSnapshot => this.#snapshot;

  send = async (content: string, options: SendOptions = {}): Promise<boolean> => {
    const { leaf } = this.#tree;
    return this.#sendMessage({ content, ...(leaf && { parentId: leaf.id }) }, options);
  };

  edit = async (messageId: string, content: string, options: SendOptions = {}): Promise<boolean> => {
    const edited = this.#tree.get(messageId);
    if (edited?.role !== 'user') return false;
    const attachments = options.attachments ?? edited.parts.filter(isAttached);
    return this.#sendMessage({ content, parentId: edited.parentId }, { ...options, attachments });
  };

  regenerate = async (messageId: string, options: SendOptions = {}): Promise<boolean> => {
    const replaced = this.#tree.get(messageId);
    if (this.#reply || !replaced) return false;
    const open = (start: StartOptions) => this.#client.regenerate(messageId, options, start);
    return this.#send(requestByReply(this.#tree, replaced.parentId, open));
  };

  continueReply = async (messageId: string, options: SendOptions = {}): Promise<boolean> => {
    if (this.#reply || !this.#tree.get(messageId)) return false;
    const open = (start: StartOptions) => this.#client.continueReply(messageId, options, start);
    return this.#send(requestByReply(this.#tree, messageId, open));
  };

  retry = async (): Promise<boolean> => {
    if (this.#reply) return false;
    if (this.#request) return this.#send(this.#request);
    const { leaf } = this.#tree;
    const failed = leaf?.status === 'failed' || leaf?.status === 'interrupted';
    return failed && this.regenerate(leaf.id);
  };

  showBranch = (messageId: string): void => {
    this.#tree.showThrough(messageId);
    this.#publish();
    if (!this.#reply && !this.#listeners.isEmpty) this.#followLeaf();
  };

  stop = async (): Promise<void> => {
    const reply = this.#reply;
    if (!reply) return;
    const { generationId } = reply;
    if (generationId === null) {
      if (reply.connection === 'reconnecting') reply.close();
      else reply.isStopRequested = true;
      return;
    }
    try {
      await this.#client.stopGeneration(generationId);
    } catch (error) {
      this.#fail(error);
    }
  };

  resume = async (): Promise<void> => {
    if (this.#reply) return;
    this.#error = null;
    if (!this.#listeners.isEmpty) this.#follower.follow();
    await this.#follower.reload();
  };

  /**
   * Applies changes from the channel. Not while a reply is being read: most of them concern that reply, whose own stream
   * is more detailed, and the others can wait until its end.
   */
  #applyUpdates(): void {
    if (this.#reply || this.#listeners.isEmpty) return;
    if (this.#follower.update()) this.#followLeaf();
  }

  /** Follows a running reply from its beginning, because a listed message has no parts while it is running. */
  #followLeaf(): void {
    const leaf = this.#tree.leaf;
    if (leaf?.status !== 'running' || leaf.generationId === null) return;
    const { generationId } = leaf;
    this.#request = null;
    void this.#read((options) => this.#client.followGeneration(generationId, options), leaf.id);
  }

  #sendMessage(message: NewMessage, { model, attachments = [] }: SendOptions): Promise<boolean> {
    if (this.#reply) return Promise.resolve(false);
    const withModel = { ...message, model };
    return this.#send(requestByMessage(this.#client, this.#chatId, this.#tree, withModel, attachments));
  }

  #send(request: PendingRequest): Promise<boolean> {
    this.#request = request;
    request.show();
    return this.#read(request.open, null);
  }

  /**
   * Reads a reply to its end in the background.
   * @param messageId null for a new reply
   * @returns whether the reply began
   */
  #read(open: PendingRequest['open'], messageId: string | null): Promise<boolean> {
    const reply = new ActiveReply(open, messageId, () => this.#changed());
    this.#follower.pause();
    this.#error = null;
    this.#notice = null;
    this.#reply = reply;
    this.#publish();
    void this.#receiveAll(reply);
    return reply.accepted.promise;
  }

  async #receiveAll(reply: ActiveReply): Promise<void> {
    try {
      for await (const event of reply.events()) this.#receive(reply, event);
    } catch (error) {
      if (reply.messageId === null) this.#request?.undo();
      if (!reply.isClosed) this.#fail(error);
    }
    if (this.#reply === reply) this.#finish(reply);
    reply.accepted.resolve(reply.messageId !== null);
  }

  #finish(reply: ActiveReply): void {
    this.#reply = null;
    const hasEnded = reply.messageId === null || this.#tree.get(reply.messageId)?.status !== 'running';
    const wasCancelled = reply.messageId === null && reply.isClosed;
    // The stream was already complete (204), or it is unknown whether the server received the message.
    if ((!hasEnded || wasCancelled) && !this.#error) this.#follower.invalidate();
    this.#changed();
    // Not with the next frame: a caller that awaits `send` reads the error from the snapshot.
    if (reply.messageId === null) this.#publish();
  }

  #receive(reply: ActiveReply, event: NumberedEvent): void {
    if (event.event === 'meta') this.#begin(reply, event.data);
    if (event.event === 'notice') {
      this.#notice = event.data;
      this.#changed();
    }
    const message = reply.messageId === null ? undefined : this.#tree.get(reply.messageId);
    if (!message) return;
    const next = applyEvent(message, event);
    if (next === message) return;
    this.#tree.set(next);
    this.#changed();
  }

  #begin(reply: ActiveReply, { userMessage, assistantMessage }: MetaData): void {
    if (reply.messageId === null) {
      this.#request?.undo();
      this.#request = null;
      if (userMessage) this.#tree.set(userMessage);
      this.#tree.set(assistantMessage);
      this.#tree.show(assistantMessage.id);
      reply.messageId = assistantMessage.id;
      this.#changed();
    }
    reply.accepted.resolve(true);
    if (reply.isStopRequested) void this.stop();
    if (this.#listeners.isEmpty) this.#close();
  }

  /** Stops reading. A request that was sent is awaited, because it is unknown whether it arrived. */
  #close(): void {
    this.#follower.unfollow();
    if (this.#reply?.messageId == null) return;
    this.#reply.close();
    this.#reply = null;
  }

  #fail(error: unknown): void {
    this.#error = toError(error);
    this.#changed();
  }

  #publish(): void {
    const connections = [this.#follower.connection, this.#reply?.connection];
    const messages = this.#tree.path();
    this.#snapshot = {
      messages,
      ...this.#structure(messages),
      status: this.#status(),
      chat: this.#follower.chat,
      error: this.#error ?? this.#follower.error,
      notice: this.#notice,
      connection: connections.includes('reconnecting') ? 'reconnecting' : 'open',
    };
    this.#listeners.notify();
  }

  /** The parts of the snapshot that depend on which messages exist, but not on their content. */
  #structure(messages: readonly Message[]): Pick<ChatSnapshot, 'messageIds' | 'branches'> {
    const { messageIds, branches } = this.#snapshot;
    const isSamePath =
      messages.length === messageIds.length && messages.every(({ id }, index) => id === messageIds[index]);
    if (isSamePath && this.#branchesVersion === this.#tree.structureVersion) return { messageIds, branches };
    this.#branchesVersion = this.#tree.structureVersion;
    return {
      messageIds: isSamePath ? messageIds : messages.map(({ id }) => id),
      branches: this.#tree.branches(messages),
    };
  }

  #status(): ChatStatus {
    if (this.#follower.isDeleted) return 'deleted';
    if (this.#reply) return this.#reply.messageId === null ? 'submitting' : 'streaming';
    if (this.#error ?? this.#follower.error) return 'error';
    return this.#follower.hasListed ? 'idle' : 'loading';
  }
}

type MetaData = Extract<NumberedEvent, { event: 'meta' }>['data'];
