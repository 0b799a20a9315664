export { encodeData, encodeFrame, HEARTBEAT_FRAME, isMergeable, mergeData } from './encode-event.ts';
export { PROBLEMS, REPLY_ERRORS } from './errors.ts';
export type { Problem, ProblemCode, ReplyErrorCode } from './errors.ts';
export { formatEventId, isGenerationId, parseEventId } from './event-id.ts';
export type { EventId } from './event-id.ts';
export { isEventName, isTerminal } from './events.ts';
export type {
  ChannelEventData,
  ChannelEventName,
  ChatEvent,
  EventData,
  EventName,
  NumberedEvent,
} from './events.ts';
export { parseData, parseEvent, ProtocolError } from './parse-event.ts';
export type { RawEvent } from './parse-event.ts';
export type {
  Budget,
  Chat,
  Counted,
  GenerationState,
  GenerationStatus,
  Me,
  Message,
  MessagePart,
  MessageRole,
  Model,
  ModelPrices,
  Models,
  Page,
  Role,
  SessionOptions,
  Timestamp,
  Usage,
  User,
  UserKind,
} from './resources.ts';
