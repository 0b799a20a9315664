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
  /** The parent of the new message. Absent: the newest message of the chat; null: a new first message. */
  parentId?: string | null | undefined;
  /** The same message of the same user with the same key, within a day, doesn't start a second reply. */
  idempotencyKey?: string | undefined;
  /** Stops reading. The reply continues. */
  signal?: AbortSignal | undefined;
}

/** A running reply. It continues even if its events aren't read. */
export interface StartedReply {
  generationId: string;
  /** All events of the reply. They can be iterated once. */
  events: AsyncIterable<NumberedEvent>;
}

interface ServiceSettings {
  maxMessageChars: number;
  limits: { maxOutputTokens: number };
  maxChatsPerUser: number | null;
}

/**
 * The chat for the host application's own code, on behalf of its users. Budgets apply; rate limits, which limit HTTP requests,
 * don't. Methods throw ProblemError with the codes of the protocol, such as `not_found` for another user's chat.
 */
export class MillraceService {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #users: HostUsers;
  readonly #settings: ServiceSettings;
  readonly #closing: AbortSignal;

  /** @param closing aborts when the server closes */
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
    const { limits, maxMessageChars: maxChars, maxChatsPerUser: maxChats } = this.#settings;
    const { maxOutputTokens } = limits;
    const { title = null, settings: requested = {} } = check(
      createChatBody({ maxOutputTokens, maxChars }),
      chat,
    );
    const change = await this.#engine.settingsChange(requested);
    const options = { idempotency: null, maxChats, settings: change({}) };
    return this.#store.createChat(await this.#idOf(user), title, options);
  }

  /** At most the newest 1000 messages, oldest first. */
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

  /** Reads the events of a reply after a sequence: stored ones, then new ones. */
  async *followReply(
    user: HostUser,
    generationId: string,
    { after = 0, signal }: { after?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<NumberedEvent, void, undefined> {
    const userId = await this.#idOf(user);
    const tail = await this.#engine.follow(userId, generationId, after);
    if (tail !== null) yield* this.#read(userId, tail, after, signal);
  }

  /** Stops a running reply, also at the model. A repeated call, or one after the end, returns the final state. */
  async stopReply(user: HostUser, generationId: string): Promise<GenerationState> {
    return this.#engine.stop(await this.#idOf(user), generationId);
  }

  /** The usage and the budget of this month. */
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
    const stopReading = signal === undefined ? this.#closing : AbortSignal.any([signal, this.#closing]);
    let tail: EventTail | null = opened;
    let lastSequence = after;
    // Events may be pruned while they are read; the rest is then requested again.
    while (tail !== null) {
      for await (const event of readTail(tail, lastSequence, stopReading)) {
        lastSequence = event.sequence;
        yield event;
      }
      tail = tail.isLost ? await this.#engine.follow(userId, tail.logId, lastSequence) : null;
    }
  }
}

function fingerprintOf(request: object): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('base64url');
}
