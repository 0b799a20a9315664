import type {
  ChatSettings,
  UsageSource,
  GenerationState,
  Message,
  MessagePart,
  Usage,
} from '@millrace/protocol';
import type { Account, Amount } from './ledger-store.ts';
import type { GenerationParameters, ModelImage, PlacedPart } from './model-provider.ts';

/** What a reply may cost at most, decided from what will be sent and what is left. */
export interface Reservation extends Amount {
  /** The prompt's estimate, which stands in for a count the model never gave. */
  promptTokens: number;
  maxOutputTokens: number;
  /** Whether the budget left less room than the settings give. */
  shortened: boolean;
  /** Whether any budget limits it: then a reply that would use more is cut. */
  isBounded: boolean;
}

/** What the caller named a request by, so that sending it twice does it once. */
export interface IdempotencyKey {
  key: string;
  /** Of the request: the same key with another one is refused. */
  fingerprint: string;
}

/** What a prompt is made of. */
export interface PromptContext {
  /** What stands in for the messages before; null when nothing does. */
  summary: string | null;
  /** Oldest first. */
  context: readonly Message[];
  /** By message: for the model that made it, and nobody else's to see. */
  signed: ReadonlyMap<string, readonly PlacedPart[]>;
  /** The files of those messages that are sent, by their address. */
  files: ReadonlyMap<string, PromptFile>;
  /** How many of them aren't. */
  omittedFileCount: number;
}

/** A file that somebody attached. */
export type PromptFile = { kind: 'text'; text: string } | ({ kind: 'image' } & ModelImage);

/** @param total tokens that all users together have used or hold; null unless asked for; @throws ProblemError `budget_exceeded` */
export type Reserve = (material: PromptContext, account: Account, total: number | null) => Reservation;

/** What a reply is made with. */
export interface ResolvedReplySettings {
  model: string;
  /** Null for none. */
  systemPrompt: string | null;
  maxOutputTokens: number;
  parameters: GenerationParameters;
}

/** How a reply is made, and what it may cost. */
export interface ReplyPlan {
  settings: ResolvedReplySettings;
  /** Of the model, as far as that is known. */
  acceptsImages: boolean;
  /** Runs inside the transaction, unless the reply is known. */
  reserve: Reserve;
  /** Finds the reply to the same first question that ended since an instant (ms); null asks the model. */
  cache: { questionKey: string; since: number } | null;
}

/** What was said elsewhere. */
export interface TranscriptMessage {
  role: 'user' | 'assistant';
  text: string;
}

export interface StartGeneration {
  userId: string;
  generationId: string;
  /** The node that will run it. One that lost its lease starts nothing: LeaseLostError. */
  nodeId: string;
  idempotency: IdempotencyKey | null;
  /** How many replies of the user may run at once, this one included; null for any number. */
  maxConcurrentReplies: number | null;
  /** Whether the reservation heeds what all users spend; adding that up takes time. */
  enforcesGlobalLimit: boolean;
  /** How many messages of the path that leads to the reply, the question included, are its context. */
  contextMessages: number;
  /** Whether a summary stands in for the messages before those. */
  usesSummaries: boolean;
  origin:
    | {
        kind: 'send';
        chatId: string;
        content: string;
        /** Files, in their order. Then the content may be blank. */
        attachments?: readonly string[];
        parentId: string | null | undefined;
      }
    /** To a chat made for it, or to the one each user has for clients that know of no chats; that is made when it is needed. */
    | {
        kind: 'open';
        chat: 'new' | 'support';
        maxChats: number | null;
        content: string;
        parentId: null | undefined;
      }
    | { kind: 'regenerate'; messageId: string }
    | { kind: 'continue'; messageId: string }
    /** What a request brought along, oldest first; the last is the question. It becomes a hidden chat: not listed, nor counted. */
    | { kind: 'transcript'; messages: readonly TranscriptMessage[]; settings: ChatSettings };
  /** Decides by the settings of the chat; runs inside the transaction, so that they are what is reserved for and sent. */
  planFor(chat: ChatSettings): ReplyPlan;
}

export interface StartSummary extends Pick<
  StartGeneration,
  'userId' | 'generationId' | 'nodeId' | 'enforcesGlobalLimit' | 'planFor'
> {
  /** The end of the path whose beginning is summarized. */
  messageId: string;
  /** How many of its messages are looked at, at most. */
  pathMessages: number;
  /** Says how many messages, of those since the last summary, the new one tells; 0 makes none. */
  choose(path: readonly Message[]): number;
}

export interface StartTitle extends Pick<
  StartGeneration,
  'userId' | 'generationId' | 'nodeId' | 'enforcesGlobalLimit' | 'planFor'
> {
  /** The reply to the first question of the chat. */
  messageId: string;
  /** What the chat is called as long as it has no title. */
  untitled: string;
  /** What the model is told of question and reply; null makes no title. */
  tell(question: Message, reply: Message): string | null;
}

/** What answered the same question before. */
export interface CachedReply {
  model: string;
  parts: MessagePart[];
}

/** A generation with the messages around it. */
export interface GenerationContext {
  chatId: string;
  generationId: string;
  model: string;
  promptTokens: number;
  /** Null when the question was there before: regenerated. */
  userMessage: Message | null;
  /** Of a summary: a system message. */
  assistantMessage: Message;
}

export interface StartedGeneration extends GenerationContext, PromptContext {
  settings: ResolvedReplySettings;
  reservation: Reservation;
  /** What is said again; null asks the model. */
  cached: CachedReply | null;
}

/** The same request was made before: this is what it started. */
export interface RepeatedStart {
  repeats: string;
}

export interface Settlement {
  generationId: string;
  /** The node that settles. One that lost its lease settles nothing: LeaseLostError. */
  nodeId: string;
  status: 'completed' | 'stopped' | 'failed' | 'interrupted';
  parts: MessagePart[];
  /** Parts that bear a signature, for the model alone. */
  signed: readonly PlacedPart[];
  finishReason: string | null;
  error: { code: string; message: string } | null;
  /** The model that answered. */
  model: string;
  /** What was really used; null when nothing was. */
  usage: Usage | null;
  /** What that costs, in micro-dollars; null where no price is known. */
  costMicros: number | null;
  usageSource: UsageSource;
  /** From asking to the first text or thought; null where there was none, or nobody knows. */
  firstTokenMs: number | null;
}

/** A generation that has just been settled. */
export interface Settled extends Ended {
  /** Null when it had been settled before. */
  charge: Amount | null;
  /** With the charge in it; null when there was none, or the user is gone. */
  account: Account | null;
}

/** How a generation ended, and what it made. */
export interface Ended {
  generation: GenerationState;
  message: Message;
}

export interface Reply extends Ended {
  /** The sequence of the terminal event; null until that is known to be in the log. */
  lastSequence: number | null;
}

/**
 * The making of replies, and what they cost. Each method is one transaction.
 *
 * The law: a generation is reserved once and settled once; settling one that has ended answers how it ended.
 */
export interface GenerationStore {
  /**
   * The question, the empty reply, its generation and its reservation, all or nothing.
   * @throws ProblemError, such as `rate_limited` while as many replies run as may
   */
  startGeneration(start: StartGeneration): Promise<StartedGeneration | RepeatedStart>;
  /**
   * The same for a summary, which is a system message under the last message it tells. Null when there is nothing to tell, or
   * one is being made.
   * @throws ProblemError `not_found`, `budget_exceeded`
   */
  startSummary(start: StartSummary): Promise<StartedGeneration | null>;
  /**
   * The same for the title of a chat, which is said in a hidden chat of its own and booked to the one it names. Null when that has
   * a title, lives apart from those that people have, or says nothing to name it by.
   * @throws ProblemError `not_found`, `budget_exceeded`
   */
  startTitle(start: StartTitle): Promise<StartedGeneration | null>;
  /** What the same request made before; null the first time. @throws ProblemError `idempotency_mismatch` */
  findRepeat(userId: string, idempotency: IdempotencyKey): Promise<string | null>;
  settleGeneration(settlement: Settlement): Promise<Settled>;
  /** Notes that the terminal event is in the log, as its last. */
  closeGeneration(generationId: string, lastSequence: number): Promise<void>;
  findGeneration(userId: string, generationId: string): Promise<GenerationState>;
  /** The newest reply that runs in a chat; null when none does. */
  findRunningReply(userId: string, chatId: string): Promise<string | null>;
  findReply(userId: string, generationId: string): Promise<Reply>;
  /** Those of a node that run, or whose terminal event was never noted: what a crash leaves behind. */
  unfinishedGenerations(nodeId: string): Promise<string[]>;
  /** What whoever ends a generation in its node's stead has to know. */
  findContext(generationId: string): Promise<GenerationContext>;
  /** Idempotency keys used before an instant (ms) may be used anew. */
  deleteIdempotencyKeys(usedBefore: number): Promise<void>;
  /** Asks the node that runs it to stop it. Does nothing once it has ended. */
  requestStop(generationId: string): Promise<void>;
  /** The running generations of a node that somebody asked to stop. */
  stopRequests(nodeId: string): Promise<string[]>;
}
