import { isAttached } from '@millrace/protocol';
import type { Message, NumberedEvent } from '@millrace/protocol';
import type { ChatClient, NewMessage, StartOptions } from '../chat-client.ts';
import { ActiveReply } from './active-reply.ts';
import { applyEvent } from './apply-event.ts';
import { askByMessage, askByReply } from './asking.ts';
import type { Asking } from './asking.ts';
import { ChatFollower } from './chat-follower.ts';
import { EMPTY_CHAT } from './chat-store.ts';
import type { ChatSnapshot, ChatStatus, ChatStore, SendOptions } from './chat-store.ts';
import { MessageTree } from './message-tree.ts';
import { scheduleFrame } from './schedule-frame.ts';

export function createChatStore(client: ChatClient, chatId: string): ChatStore {
  return new MessageTreeStore(client, chatId);
}

class MessageTreeStore implements ChatStore {
  readonly #client: ChatClient;
  readonly #chatId: string;
  readonly #tree = new MessageTree();
  readonly #follower: ChatFollower;
  readonly #listeners = new Set<() => void>();
  #snapshot: ChatSnapshot = EMPTY_CHAT;
  /** Of which state of the tree the snapshot's branches are. */
  #branchesOf = 0;
  #notice: ChatSnapshot['notice'] = null;
  #frameScheduled = false;
  /** Why the last call failed. */
  #error: Error | null = null;
  #reply: ActiveReply | null = null;
  /** What was asked for last, until it has begun. */
  #asking: Asking | null = null;

  constructor(client: ChatClient, chatId: string) {
    this.#client = client;
    this.#chatId = chatId;
    this.#follower = new ChatFollower(client, chatId, this.#tree, () => this.#changed());
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#follower.follow();
    return () => {
      this.#listeners.delete(listener);
      // Not at once: React's strict mode unsubscribes and subscribes again in one turn.
      queueMicrotask(() => this.#listeners.size === 0 && this.#leave());
    };
  };

  getSnapshot = (): ChatSnapshot => this.#snapshot;

  send = async (content: string, options: SendOptions = {}): Promise<boolean> => {
    const { leaf } = this.#tree;
    return this.#say({ content, ...(leaf && { parentId: leaf.id }) }, options);
  };

  edit = async (messageId: string, content: string, options: SendOptions = {}): Promise<boolean> => {
    const edited = this.#tree.get(messageId);
    if (edited?.role !== 'user') return false;
    const attachments = options.attachments ?? edited.parts.filter(isAttached);
    return this.#say({ content, parentId: edited.parentId }, { ...options, attachments });
  };

  regenerate = async (messageId: string, options: SendOptions = {}): Promise<boolean> => {
    const replaced = this.#tree.get(messageId);
    if (this.#reply || !replaced) return false;
    const open = (reading: StartOptions) => this.#client.regenerate(messageId, options, reading);
    return this.#ask(askByReply(this.#tree, replaced.parentId, open));
  };

  continueReply = async (messageId: string, options: SendOptions = {}): Promise<boolean> => {
    if (this.#reply || !this.#tree.get(messageId)) return false;
    const open = (reading: StartOptions) => this.#client.continueReply(messageId, options, reading);
    return this.#ask(askByReply(this.#tree, messageId, open));
  };

  retry = async (): Promise<boolean> => {
    if (this.#reply) return false;
    if (this.#asking) return this.#ask(this.#asking);
    const { leaf } = this.#tree;
    const failed = leaf?.status === 'failed' || leaf?.status === 'interrupted';
    return failed && this.regenerate(leaf.id);
  };

  showBranch = (messageId: string): void => {
    this.#tree.showThrough(messageId);
    this.#publish();
    if (!this.#reply && this.#listeners.size > 0) this.#followLeaf();
  };

  stop = async (): Promise<void> => {
    const reply = this.#reply;
    if (!reply) return;
    const { generationId } = reply;
    if (generationId === null) {
      if (reply.connection === 'reconnecting') reply.leave();
      else reply.stopAsked = true;
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
    if (this.#listeners.size > 0) this.#follower.follow();
    await this.#follower.reload();
  };

  /**
   * Shows what was done elsewhere. Not while a reply is read: what is told then is mostly of that very reply, which its
   * own stream tells better, and the rest has time until its end.
   */
  #catchUp(): void {
    if (this.#reply || this.#listeners.size === 0) return;
    if (this.#follower.update()) this.#followLeaf();
  }

  /** A listing has no parts of a running reply, so it is followed from its beginning. */
  #followLeaf(): void {
    const leaf = this.#tree.leaf;
    if (leaf?.status !== 'running' || leaf.generationId === null) return;
    const { generationId } = leaf;
    this.#asking = null;
    void this.#read((reading) => this.#client.followGeneration(generationId, reading), leaf.id);
  }

  #say(message: NewMessage, { model, attachments = [] }: SendOptions): Promise<boolean> {
    if (this.#reply) return Promise.resolve(false);
    const whole = { ...message, model };
    return this.#ask(askByMessage(this.#client, this.#chatId, this.#tree, whole, attachments));
  }

  #ask(asking: Asking): Promise<boolean> {
    this.#asking = asking;
    asking.show();
    return this.#read(asking.open, null);
  }

  /**
   * Reads a reply to its end in the background. Answers whether it began.
   * @param messageId null for a reply that is about to be asked for
   */
  #read(open: Asking['open'], messageId: string | null): Promise<boolean> {
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
      if (reply.messageId === null) this.#asking?.undo();
      if (!reply.isLeft) this.#fail(error);
    }
    reply.accepted.resolve(reply.messageId !== null);
    if (this.#reply !== reply) return;
    this.#reply = null;
    const ended = reply.messageId === null || this.#tree.get(reply.messageId)?.status !== 'running';
    const givenUp = reply.messageId === null && reply.isLeft;
    // A stream that was already over (204), or a message that may have arrived or not.
    if ((!ended || givenUp) && !this.#error) this.#follower.doubt();
    this.#changed();
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
      this.#asking?.undo();
      this.#asking = null;
      if (userMessage) this.#tree.set(userMessage);
      this.#tree.set(assistantMessage);
      this.#tree.show(assistantMessage.id);
      reply.messageId = assistantMessage.id;
      this.#changed();
    }
    reply.accepted.resolve(true);
    if (reply.stopAsked) void this.stop();
    if (this.#listeners.size === 0) this.#leave();
  }

  /** Reads no more. A message on its way is awaited, since nobody could tell whether it arrived. */
  #leave(): void {
    this.#follower.leave();
    if (this.#reply?.messageId == null) return;
    this.#reply.leave();
    this.#reply = null;
  }

  #fail(error: unknown): void {
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.#changed();
  }

  #changed(): void {
    if (this.#frameScheduled) return;
    this.#frameScheduled = true;
    scheduleFrame(() => {
      this.#frameScheduled = false;
      this.#catchUp();
      this.#publish();
    });
  }

  #publish(): void {
    const connections = [this.#follower.connection, this.#reply?.connection];
    const messages = this.#tree.path();
    this.#snapshot = {
      messages,
      ...this.#shape(messages),
      status: this.#status(),
      chat: this.#follower.chat,
      error: this.#error ?? this.#follower.error,
      notice: this.#notice,
      connection: connections.includes('reconnecting') ? 'reconnecting' : 'open',
    };
    for (const listener of this.#listeners) listener();
  }

  /** What changes with the messages there are, but not with what they say. */
  #shape(messages: readonly Message[]): Pick<ChatSnapshot, 'messageIds' | 'branches'> {
    const { messageIds, branches } = this.#snapshot;
    const samePath =
      messages.length === messageIds.length && messages.every(({ id }, index) => id === messageIds[index]);
    if (samePath && this.#branchesOf === this.#tree.structure) return { messageIds, branches };
    this.#branchesOf = this.#tree.structure;
    return {
      messageIds: samePath ? messageIds : messages.map(({ id }) => id),
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
