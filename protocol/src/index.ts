export { attachmentIdOf, isAttached, partOfAttachment } from './attachment-part.ts';
export type { AttachedPart } from './attachment-part.ts';
export { encodeData, encodeFrame, HEARTBEAT_FRAME, isMergeable, mergeData } from './encode-event.ts';
export { PROBLEMS, REPLY_ERRORS } from './errors.ts';
export type { Problem, ProblemCode, ReplyErrorCode } from './errors.ts';
export { formatEventId, isGenerationId, parseChannelEventId, parseEventId } from './event-id.ts';
export type { EventId } from './event-id.ts';
export { isEventName, isTerminal } from './events.ts';
export type {
  ChannelEvent,
  ChannelEventData,
  ChannelEventName,
  ChatEvent,
  DiagnosticEventData,
  DiagnosticEventName,
  EventData,
  EventName,
  NumberedEvent,
} from './events.ts';
export { formatMediaUrl, isMediaUrl } from './media-url.ts';
export { parseChannelEvent } from './parse-channel-event.ts';
export type { NumberedChannelEvent } from './parse-channel-event.ts';
export { parseData, parseEvent, ProtocolError } from './parse-event.ts';
export type { RawEvent } from './parse-event.ts';
export { formatSharedMediaUrl, formatShareUrl } from './shares.ts';
export type { NewShare, Share, SharedChat, SharedMessage } from './shares.ts';
export { API_USAGE_KEY } from './resources.ts';
export type {
  ApiKey,
  Attachment,
  AuditEntry,
  Budget,
  Chat,
  ChatSettings,
  ChatUsageSum,
  UsageSource,
  Discrepancy,
  GenerationState,
  GenerationStatus,
  HarmCategory,
  LedgerCheck,
  Me,
  Media,
  Message,
  MessagePart,
  MessageRole,
  Model,
  ModelPrices,
  ModelRatings,
  Models,
  NewApiKey,
  OwnLimit,
  Page,
  Rating,
  RequestEcho,
  Role,
  Safety,
  SafetyThreshold,
  SearchHit,
  SearchSnippet,
  SessionOptions,
  Thinking,
  Timestamp,
  UserAccount,
  Usage,
  UsageReport,
  UsageSum,
  User,
  UserKind,
} from './resources.ts';
