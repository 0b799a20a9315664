import type { ReplyErrorCode } from './errors.ts';
import type {
  Chat,
  UsageSource,
  GenerationState,
  Media,
  Message,
  Rating,
  Timestamp,
  Usage,
} from './resources.ts';

/** The data of each event, by the event's name. docs/protocol/event-streams.md, 5.3. */
export interface EventData {
  meta: {
    protocol: 2;
    chatId: string;
    generationId: string;
    model: string;
    userMessage: Message | null;
    assistantMessage: Message;
  };
  delta: { text: string };
  thought: { text: string };
  media: Media;
  source: { title: string; url: string };
  usage: Usage;
  /** `model` with the code `answered_by`. */
  notice: { code: string; message: string; model?: string };
  snapshot: { message: Message };
  done: {
    status: 'completed' | 'stopped';
    finishReason: string;
    message: Message;
    usage: Usage;
    tokensUsed: number;
    /** Micro-dollars charged; null where no price is known. */
    costMicros: number | null;
    usageSource: UsageSource;
  };
  error: {
    status: 'failed' | 'interrupted';
    code: ReplyErrorCode;
    message: string;
    retryable: boolean;
    partial: Message;
  };
}

export type EventName = keyof EventData;

/** What a chat's channel tells of it, by the event's name. docs/protocol/event-streams.md, 5.6. */
export interface ChannelEventData {
  /** A message was created. */
  message: Message;
  /** A generation has begun, or ended; with its message as it is then. */
  generation: { generation: GenerationState; message: Message };
  /** Title, pin or archive changed. */
  chat: Chat;
  /** A reply was rated; null, and its rating was taken back. */
  rating: { messageId: string; rating: Rating | null };
  chat_deleted: { chatId: string };
}

export type ChannelEventName = keyof ChannelEventData;

/** What a stream of ticks tells, by the event's name. docs/protocol/operations.md, 6.3. */
export interface DiagnosticEventData {
  tick: { number: number; of: number; at: Timestamp };
  end: Record<string, never>;
}

export type DiagnosticEventName = keyof DiagnosticEventData;

/** An event of a chat's channel, without its place in it. */
export type ChannelEvent = {
  [Name in ChannelEventName]: { event: Name; data: ChannelEventData[Name] };
}[ChannelEventName];

/** An event without its place in a log. */
export type ChatEvent = { [Name in EventName]: { event: Name; data: EventData[Name] } }[EventName];

/** An event as a reader gets it. `sequence` is that of the last event merged into it. */
export type NumberedEvent = ChatEvent & { generationId: string; sequence: number };

const EVENT_NAMES: ReadonlySet<string> = new Set<EventName>([
  'meta',
  'delta',
  'thought',
  'media',
  'source',
  'usage',
  'notice',
  'snapshot',
  'done',
  'error',
]);

export function isEventName(name: string): name is EventName {
  return EVENT_NAMES.has(name);
}

const CHANNEL_EVENT_NAMES: ReadonlySet<string> = new Set<ChannelEventName>([
  'message',
  'generation',
  'chat',
  'rating',
  'chat_deleted',
]);

export function isChannelEventName(name: string): name is ChannelEventName {
  return CHANNEL_EVENT_NAMES.has(name);
}

/** Whether an event of this name ends its log. */
export function isTerminal(name: EventName | ChannelEventName | DiagnosticEventName): boolean {
  return name === 'done' || name === 'error' || name === 'chat_deleted' || name === 'end';
}
