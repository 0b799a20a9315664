import { z } from 'zod';
import { REPLY_ERRORS } from '../errors.ts';
import type { ReplyErrorCode } from '../errors.ts';
import type { ChannelEventName, DiagnosticEventName, EventName } from '../event-names.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { mediaSchema } from './attachment.ts';
import { chatSchema } from './chat.ts';
import { generationSchema } from './generation.ts';
import { messageSchema, ratingSchema, sourceSchema } from './message.ts';
import { count, generationId, id, text, timestamp } from './scalars.ts';
import { usageSchema, usageSource } from './usage.ts';

const textData = z.strictObject({ text });

const eventData = {
  meta: z.strictObject({
    protocol: z.literal(PROTOCOL_VERSION),
    chatId: id,
    generationId,
    model: text,
    userMessage: messageSchema.nullable(),
    assistantMessage: messageSchema,
  }),
  delta: textData,
  thought: textData,
  media: mediaSchema,
  source: sourceSchema,
  usage: usageSchema,
  notice: z.strictObject({
    code: text,
    message: text,
    model: text.describe('Present with the code `answered_by`').exactOptional(),
  }),
  snapshot: z.strictObject({ message: messageSchema }),
  done: z.strictObject({
    status: z.enum(['completed', 'stopped']),
    finishReason: text,
    message: messageSchema,
    usage: usageSchema,
    tokensUsed: count,
    costMicros: count.nullable().describe('Micro-dollars charged; null where no price is known'),
    usageSource,
  }),
  error: z.strictObject({
    status: z.enum(['failed', 'interrupted']),
    code: z.enum(Object.keys(REPLY_ERRORS) as ReplyErrorCode[]),
    message: text,
    retryable: z.boolean(),
    partial: messageSchema,
  }),
} satisfies Record<EventName, z.ZodType>;

const channelEventData = {
  message: messageSchema.describe('A message was created'),
  generation: z
    .strictObject({ generation: generationSchema, message: messageSchema })
    .describe('A generation began or ended; with its current message'),
  chat: chatSchema.describe('The title, pin, archive flag or settings changed'),
  rating: z
    .strictObject({ messageId: id, rating: ratingSchema.nullable() })
    .describe('A reply was rated; null: its rating was removed'),
  chat_deleted: z.strictObject({ chatId: id }),
} satisfies Record<ChannelEventName, z.ZodType>;

const diagnosticEventData = {
  tick: z.strictObject({ number: z.int(), of: z.int(), at: timestamp }),
  end: z.strictObject({}),
} satisfies Record<DiagnosticEventName, z.ZodType>;

/** The frames of a stream: each event's name with its data. */
function streamSchema(id: string, data: Record<string, z.ZodType>) {
  const frames = Object.entries(data).map(([event, schema]) =>
    z.strictObject({ id: text.describe('`<log>:<sequence>`'), event: z.literal(event), data: schema }),
  );
  return z.union(frames).meta({ id, description: 'An event of a stream; `data` is JSON on one line' });
}

export const replyEventSchema = streamSchema('ReplyEvent', eventData);
export const channelEventSchema = streamSchema('ChannelEvent', {
  opened: z.strictObject({}),
  ...channelEventData,
});
export const diagnosticEventSchema = streamSchema('DiagnosticEvent', diagnosticEventData);

type DataOf<Schemas extends Record<string, z.ZodType>> = { [Name in keyof Schemas]: z.infer<Schemas[Name]> };
type EventOf<Data> = { [Name in keyof Data]: { event: Name; data: Data[Name] } }[keyof Data];

/** The data of each event of a reply, by the event's name. */
export type EventData = DataOf<typeof eventData>;
/** The data of each event of a chat's channel, by the event's name. */
export type ChannelEventData = DataOf<typeof channelEventData>;
/** The data of each event of a diagnostic stream, by the event's name. */
export type DiagnosticEventData = DataOf<typeof diagnosticEventData>;

/** An event of a reply, without its position in the log. */
export type ChatEvent = EventOf<EventData>;
/** An event of a chat's channel, without its position in the log. */
export type ChannelEvent = EventOf<ChannelEventData>;

/** An event as a reader gets it. `sequence` is that of the last event merged into it. */
export type NumberedEvent = ChatEvent & { generationId: string; sequence: number };
