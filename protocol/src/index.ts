/** The wire contract for clients. Schemas are elsewhere, and only their types are exported here, so that browsers load no zod. */
export { API_USAGE_KEY } from './api-usage-key.ts';
export { attachmentIdOf, isAttached, partOfAttachment } from './attachment-part.ts';
export type { AttachedPart } from './attachment-part.ts';
export { encodeData, encodeFrame, HEARTBEAT_FRAME, isMergeable, mergeData } from './encode-event.ts';
export { PROBLEMS, REPLY_ERRORS } from './errors.ts';
export type { ProblemCode, ReplyErrorCode } from './errors.ts';
export { formatEventId, isGenerationId, parseChannelEventId, parseEventId } from './event-id.ts';
export type { EventId } from './event-id.ts';
export { isEventName, isTerminal } from './event-names.ts';
export type { ChannelEventName, DiagnosticEventName, EventName } from './event-names.ts';
export { formatMediaUrl, isMediaUrl } from './media-url.ts';
export { messageText } from './message-text.ts';
export { parseChannelEvent } from './parse-channel-event.ts';
export type { NumberedChannelEvent } from './parse-channel-event.ts';
export { parseData, parseEvent, ProtocolError } from './parse-event.ts';
export type { ProtocolErrorCode, RawEvent } from './parse-event.ts';
export { formatSharedMediaUrl, formatShareUrl } from './share-url.ts';
export { PROTOCOL_VERSION } from './version.ts';
export type { AccountLimit, UserAccount } from './schemas/account.ts';
export type { ApiKey, NewApiKey } from './schemas/api-key.ts';
export type { Attachment, Media } from './schemas/attachment.ts';
export type { AuditEntry } from './schemas/audit.ts';
export type { Budget } from './schemas/budget.ts';
export type { Chat, ChatSettings, HarmCategory, Safety, SafetyThreshold, Thinking } from './schemas/chat.ts';
export type { RequestEcho } from './schemas/diagnostics.ts';
export type {
  ChannelEvent,
  ChannelEventData,
  ChatEvent,
  DiagnosticEventData,
  EventData,
  NumberedEvent,
} from './schemas/events.ts';
export type { GenerationState } from './schemas/generation.ts';
export type { Discrepancy, LedgerCheck } from './schemas/ledger.ts';
export type { GenerationStatus, Message, MessagePart, MessageRole, Rating } from './schemas/message.ts';
export type { Model, ModelPrices, ModelRatings, Models } from './schemas/model.ts';
export type { Page } from './schemas/page.ts';
export type { Problem } from './schemas/problem.ts';
export type { Timestamp } from './schemas/scalars.ts';
export type { SearchHit, SearchSnippet } from './schemas/search.ts';
export type { NewShare, Share, SharedChat, SharedMessage } from './schemas/share.ts';
export type { Usage, UsageSource } from './schemas/usage.ts';
export type { ChatUsageSum, UsageReport, UsageSum } from './schemas/usage-report.ts';
export type { Me, Role, SessionOptions, User, UserKind } from './schemas/user.ts';
