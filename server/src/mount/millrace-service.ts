import { createHash } from 'node:crypto';
import type {
  Chat,
  ChatSettings,
  GenerationState,
  Message,
  NumberedEvent,
  UsageReport,
} from '@millrace/protocol';
import { createChatBody, plainMessageBody } from '@millrace/protocol/requests';
import type { Engine } from '../core/engine.ts';
import type { EventTail } from '../core/event-tail.ts';
import type { HostUsers } from '../core/host-users.ts';
import { readTail } from '../core/read-tail.ts';
import { check } from '../http/validation.ts';
import type { HostUser } from '../ports/host-user.ts';
import type { Store } from '../store/store.ts';

export interface ReplyOptions {
  model?: string | undefined;
  /** The message to answer under. Absent: the newest of the chat; null: a new first message. */
  parentId?: string | null | undefined;
  /** The same message of the same user, sent again with the same key within a day, starts nothing new. */
  idempotencyKey?: string | undefined;
  /** Ends the reading, and not the reply: that goes on. */
  signal?: AbortSignal | undefined;
}

/** A reply that has begun. It goes on whether or not anybody reads it. */
export interface StartedReply {
  generationId: string;
  /** From the first event to the last; to be read once. */
  events: AsyncIterable<NumberedEvent>;
}

interface ServiceSettings {
  maxMessageChars: number;
  maxOutputTokens: number;
  maxChatsPerUser: number | null;
}

/**
 * The chat for the host application's own code, on behalf of its users. All budgets hold; the limits of replies in a time,
 * which are about people's requests, don't. Everything throws ProblemError as docs/protocol has it, and `not_found` for what is
 * somebody else's.
 */
export class MillraceService {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #users: HostUsers;
  readonly #settings: ServiceSettings;
  readonly #closing: AbortSignal;

  /** @param closing aborts when there will be no more events */
  constructor(
    dependencies: { engine: Engine; store: Store; hostUsers: HostUsers },
    settings: ServiceSettings,
    closing: AbortSignal,
  ) {
    this.#engine = dependencies.engine;
    this.#store = dependencies.store;
    this.#users = dependencies.hostUsers;
    this.#settings = settings;
    this.#closing = closing;
  }

  async createChat(user: HostUser, chat: { title?: string; settings?: ChatSettings } = {}): Promise<Chat> {
    const { maxOutputTokens, maxMessageChars, maxChatsPerUser: maxChats } = this.#settings;
    const limits = { maxOutputTokens, maxChars: maxMessageChars };
    const { title = null, settings: wanted = {} } = check(createChatBody(limits), chat);
    const change = await this.#engine.settingsChange(wanted);
    const options = { idempotency: null, maxChats, settings: change({}) };
    return this.#store.createChat(await this.#idOf(user), title, options);
  }

  /** The newest thousand messages at most, oldest first. */
  async messages(user: HostUser, chatId: string): Promise<Message[]> {
    const { items } = await this.#store.listMessages(await this.#idOf(user), chatId, {
      cursor: undefined,
      limit: 1000,
    });
    return items;
  }

  async sendMessage(
    user: HostUser,
    chatId: string,
    content: string,
    { signal, idempotencyKey, ...options }: ReplyOptions = {},
  ): Promise<StartedReply> {
    const message = check(plainMessageBody(this.#settings.maxMessageChars), { content, ...options });
    const userId = await this.#idOf(user);
    const idempotency =
      idempotencyKey === undefined
        ? null
        : { key: idempotencyKey, fingerprint: fingerprintOf({ chatId, ...message }) };
    const { model, parentId } = message;
    const origin = { kind: 'send', chatId, content: message.content, parentId } as const;
    const tail = await this.#engine.start(userId, origin, { model, idempotency });
    return { generationId: tail.logId, events: this.#read(userId, tail, 0, signal) };
  }

  /** The events of a reply after a sequence, those that were and those to come. */
  async *followReply(
    user: HostUser,
    generationId: string,
    { after = 0, signal }: { after?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<NumberedEvent, void, undefined> {
    const userId = await this.#idOf(user);
    const tail = await this.#engine.follow(userId, generationId, after);
    if (tail !== null) yield* this.#read(userId, tail, after, signal);
  }

  /** Ends a running reply, at the model too; asked again, or after its end, answers the same. */
  async stopReply(user: HostUser, generationId: string): Promise<GenerationState> {
    return this.#engine.stop(await this.#idOf(user), generationId);
  }

  /** What was charged this month, against the budget. */
  async usage(user: HostUser): Promise<UsageReport> {
    return this.#engine.usage(await this.#idOf(user));
  }

  async #idOf(user: HostUser): Promise<string> {
    return (await this.#users.resolve(user)).id;
  }

  async *#read(
    userId: string,
    opened: EventTail,
    after: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<NumberedEvent, void, undefined> {
    const leave = signal === undefined ? this.#closing : AbortSignal.any([signal, this.#closing]);
    let tail: EventTail | null = opened;
    let seen = after;
    // Its events may be pruned while somebody reads them: what is left is asked for anew.
    while (tail !== null) {
      for await (const event of readTail(tail, seen, leave)) {
        seen = event.sequence;
        yield event;
      }
      tail = tail.isLost ? await this.#engine.follow(userId, tail.logId, seen) : null;
    }
  }
}

function fingerprintOf(request: object): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('base64url');
}
