/** What the JSON routes answer and event streams tell, as schemas: resources.ts and events.ts, for OpenAPI. */
import { z } from 'zod';
import type { ChatDocument, ImportedChatAnswer } from './chat-file/chat-document.ts';
import { PROBLEMS, REPLY_ERRORS } from './errors.ts';
import type { Problem, ProblemCode, ReplyErrorCode } from './errors.ts';
import type { ChannelEventData, DiagnosticEventData, EventData } from './events.ts';
import type * as resources from './resources.ts';
import type { NewShare, Share, SharedChat } from './shares.ts';

/** The schemas by the names they have in OpenAPI's `components`. */
export const answers = z.registry<{ id: string; description?: string }>();

/** Registers a schema whose values are exactly those of a type. */
function answer<Value>() {
  return <Schema extends z.ZodType<Value>>(
    id: string,
    schema: [Value] extends [z.output<Schema>] ? Schema : never,
    description?: string,
  ): Schema => {
    answers.add(schema, { id, ...(description !== undefined && { description }) });
    return schema;
  };
}

const text = z.string();
const id = z.uuid();
const count = z.int().min(0);
const costMicros = count.nullable().describe('Micro-dollars; null where no price is known');
const firstTokenMs = count.nullable().describe('Milliseconds to its first text or thought');
const time = z.iso.datetime({ precision: 3 });
const generationId = z.string().regex(/^[0-9A-Za-z]{16}$/);
const status = z.enum(['running', 'completed', 'stopped', 'failed', 'interrupted']);
const role = z.enum(['admin', 'user']);
const usageSource = z
  .enum(['provider', 'tokenizer', 'estimate'])
  .describe('By the model itself, by its tokenizer afterwards, or by an estimate');
const failure = z.strictObject({ code: text, message: text }).nullable();

export const usage = answer<resources.Usage>()(
  'Usage',
  z.strictObject({
    promptTokens: count.describe('With `cachedTokens`'),
    cachedTokens: count,
    outputTokens: count,
    thoughtTokens: count,
    toolUseTokens: count,
    totalTokens: count.describe('Prompt, output, thoughts and tool use'),
  }),
);

const address = z.string().describe("Relative to the server's address");
const bytes = count.describe('Bytes');
const attachedName = z.string().describe('As its sender calls it');
const image = {
  mimeType: z.string().describe('`image/png`, `image/jpeg`, `image/webp` or `image/gif`'),
  url: address,
  width: z.int().nullable(),
  height: z.int().nullable(),
};

const shownParts = [
  z.strictObject({ type: z.literal('text'), text }),
  z.strictObject({ type: z.literal('media'), name: attachedName.optional(), ...image }),
  z.strictObject({
    type: z.literal('file'),
    name: attachedName,
    mimeType: z.string().describe('`text/plain`'),
    size: bytes,
    url: address,
  }),
  z.strictObject({ type: z.literal('source'), title: text, url: text }),
] as const;

const part = answer<resources.MessagePart>()(
  'MessagePart',
  z.discriminatedUnion('type', [...shownParts, z.strictObject({ type: z.literal('thought'), text })]),
);

const rating = answer<resources.Rating>()(
  'Rating',
  z.strictObject({ rating: z.enum(['good', 'bad']), note: text.nullable() }),
);

export const attachment = answer<resources.Attachment>()(
  'Attachment',
  z.strictObject({
    id: text,
    kind: z.enum(['image', 'text']),
    name: attachedName,
    mimeType: z.string().describe('Of an image what its bytes are, else `text/plain`'),
    size: bytes,
    url: address,
    width: z.int().nullable(),
    height: z.int().nullable(),
  }),
);

export const message = answer<resources.Message>()(
  'Message',
  z.strictObject({
    id,
    chatId: id,
    parentId: id.nullable(),
    role: z.enum(['user', 'assistant', 'system']),
    status,
    parts: z.array(part),
    continues: id.nullable().describe('The message whose text this one goes on with'),
    generationId: generationId.nullable(),
    model: text.nullable(),
    finishReason: text.nullable(),
    cached: z.boolean().describe('It says again what was answered before, and cost nothing'),
    usage: usage.nullable(),
    tokensUsed: count.nullable().describe('Tokens charged'),
    costMicros,
    usageSource: usageSource.nullable(),
    firstTokenMs,
    error: failure,
    rating: rating.nullable(),
    imported: z.literal(true).describe('It came in a file, and cost nothing').exactOptional(),
    createdAt: time,
  }),
);

const threshold = z.enum(['default', 'block_low', 'block_medium', 'block_high', 'off']).optional();

const chatSettings = answer<resources.ChatSettings>()(
  'ChatSettings',
  z.strictObject({
    model: text.nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    maxOutputTokens: count.nullish(),
    thinking: z.enum(['off', 'low', 'medium', 'high']).nullish(),
    safety: z
      .strictObject({ harassment: threshold, hate: threshold, sexual: threshold, dangerous: threshold })
      .nullish(),
    systemPrompt: text.nullish(),
  }),
  "Those that differ from the server's",
);

export const chat = answer<resources.Chat>()(
  'Chat',
  z.strictObject({
    id,
    title: text.nullable(),
    pinned: z.boolean(),
    archived: z.boolean(),
    settings: chatSettings,
    createdAt: time,
    updatedAt: time,
  }),
);

export const chatDocument = answer<ChatDocument>()(
  'ChatDocument',
  z.strictObject({
    format: z.literal('millrace-chat'),
    version: z.literal(2),
    exportedAt: time,
    chat,
    messages: z.array(message),
    media: z.array(
      z.strictObject({
        url: text,
        mimeType: text,
        file: text.exactOptional(),
        data: z.string().describe('In Base64').exactOptional(),
      }),
    ),
  }),
  'A chat as a file, with its whole tree and its images',
);

const shareFields = {
  id,
  chatId: id,
  title: text.nullable(),
  messageCount: count,
  createdAt: time,
  expiresAt: time.nullable(),
};
export const importedChat = answer<ImportedChatAnswer>()(
  'ImportedChat',
  z.strictObject({
    chat,
    omitted: z.strictObject({ summaries: count, images: count, files: count, sources: count }),
  }),
  'The chat, and how much of the file is not in it',
);

export const share = answer<Share>()('Share', z.strictObject(shareFields));
export const newShare = answer<NewShare>()(
  'NewShare',
  z.strictObject({ ...shareFields, url: text.describe("Of the page, relative to the server's address") }),
);

export const sharedChat = answer<SharedChat>()(
  'SharedChat',
  z.strictObject({
    title: text.nullable(),
    messages: z.array(
      z.strictObject({
        role: z.enum(['user', 'assistant']),
        status: z.enum(['completed', 'stopped', 'failed', 'interrupted']),
        model: text.nullable(),
        parts: z.array(z.discriminatedUnion('type', [...shownParts])),
        createdAt: time,
      }),
    ),
    createdAt: time,
    expiresAt: time.nullable(),
  }),
  'A branch of a chat as it was when the link was made',
);

export const searchHit = answer<resources.SearchHit>()(
  'SearchHit',
  z.strictObject({
    chatId: id,
    chatTitle: text.nullable(),
    messageId: id.nullable().describe('Null where it is the title'),
    role: z.enum(['user', 'assistant']).nullable(),
    snippet: z.strictObject({
      text,
      highlights: z.array(z.strictObject({ start: count, end: count })).describe('In UTF-16 units of `text`'),
    }),
    createdAt: time,
  }),
);

export const generation = answer<resources.GenerationState>()(
  'Generation',
  z.strictObject({
    id: generationId,
    chatId: id,
    messageId: id,
    model: text,
    status,
    finishReason: text.nullable(),
    cached: z.boolean(),
    usage: usage.nullable(),
    tokensUsed: count.nullable(),
    costMicros,
    usageSource: usageSource.nullable(),
    firstTokenMs,
    error: failure,
    createdAt: time,
    endedAt: time.nullable(),
  }),
);

export const user = answer<resources.User>()(
  'User',
  z.strictObject({
    id,
    kind: z.enum(['password', 'guest', 'host']),
    name: text,
    email: text.nullable(),
    roles: z.array(role),
    createdAt: time,
  }),
);

export const budget = answer<resources.Budget>()(
  'Budget',
  z.strictObject({
    limit: count.nullable(),
    used: count,
    reserved: count,
    remaining: count.nullable(),
    granted: count,
    cap: count.nullable().describe('What the user allows themselves'),
    cost: z.strictObject({ limit: count.nullable(), used: count, reserved: count, granted: count }),
    resetsAt: time,
  }),
  'Tokens of the running calendar month (UTC), and under `cost` the same in micro-dollars; null is no limit',
);

const key = {
  id,
  name: text,
  start: text.describe('How the key begins'),
  createdAt: time,
  lastUsedAt: time.nullable(),
  expiresAt: time.nullable(),
};
export const apiKey = answer<resources.ApiKey>()('ApiKey', z.strictObject(key));
export const newApiKey = answer<resources.NewApiKey>()('NewApiKey', z.strictObject({ ...key, key: text }));

export const requestEcho = answer<resources.RequestEcho>()(
  'RequestEcho',
  z.strictObject({
    httpVersion: text.nullable(),
    headers: z.record(text, text),
    clientAddress: text,
    trustedProxies: count.nullable(),
  }),
);

export const me = answer<resources.Me>()('Me', z.strictObject({ user, budget }));

const usageSum = {
  key: text,
  replies: count,
  tokens: count,
  costMicros: count,
  tokensBySource: z.strictObject({ provider: count, tokenizer: count, estimate: count }),
};

export const usageReport = answer<resources.UsageReport>()(
  'UsageReport',
  z.strictObject({
    budget,
    percentUsed: z.number().nullable(),
    days: z.array(z.strictObject(usageSum)),
    models: z.array(z.strictObject(usageSum)),
    chats: z.array(z.strictObject({ ...usageSum, title: text.nullable(), isDeleted: z.boolean() })),
  }),
);

const ownLimit = z.union([count, z.enum(['none', 'default'])]);

export const account = answer<resources.UserAccount>()(
  'Account',
  z.strictObject({ user, budget, limits: z.strictObject({ tokens: ownLimit, costMicros: ownLimit }) }),
);

export const auditEntry = answer<resources.AuditEntry>()(
  'AuditEntry',
  z.strictObject({
    id,
    actorId: text.nullable(),
    actorName: text.nullable(),
    action: z.enum(['grant', 'limits', 'role', 'user_deleted']),
    subjectId: text,
    subjectName: text.nullable(),
    details: z.record(text, z.unknown()),
    createdAt: time,
  }),
);

export const modelRatings = answer<resources.ModelRatings>()(
  'ModelRatings',
  z.strictObject({ model: text, good: count, bad: count }),
);

export const ledgerCheck = answer<resources.LedgerCheck>()(
  'LedgerCheck',
  z.strictObject({
    balances: z.boolean(),
    discrepancies: z.array(
      z.strictObject({
        what: text,
        userId: text,
        generationId: text.nullable(),
        expected: z.int(),
        found: z.int(),
      }),
    ),
  }),
);

export const models = answer<resources.Models>()(
  'Models',
  z.strictObject({
    items: z.array(
      z.strictObject({
        id: text,
        name: text,
        inputTokenLimit: count,
        outputTokenLimit: count,
        acceptsImages: z.boolean().describe('As far as that is known'),
        prices: z
          .strictObject({ input: count, output: count, cached: count })
          .nullable()
          .describe('Micro-dollars per million tokens'),
      }),
    ),
    default: text,
    limits: z.strictObject({
      maxOutputTokens: count,
      systemPromptChars: count,
      attachments: count.describe('Files of one message'),
      attachmentBytes: count.describe('Of one file'),
      attachmentChars: count.describe('Of a text file'),
    }),
    demo: z.boolean(),
  }),
);

export const sessionOptions = answer<resources.SessionOptions>()(
  'SessionOptions',
  z.strictObject({
    guests: z.boolean(),
    setupTokenRequired: z.boolean(),
    demo: z.boolean(),
    signIn: z.boolean(),
  }),
);

export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: text.nullable() });
}

export const problem = answer<Problem>()(
  'Problem',
  z.strictObject({
    type: text,
    title: text,
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as ProblemCode[]).describe('Stable; `detail` is for people'),
    detail: text,
    requestId: text.exactOptional(),
    errors: z.array(z.strictObject({ path: text, message: text })).exactOptional(),
    resetsAt: time.exactOptional(),
  }),
  'RFC 9457',
);

const said = z.strictObject({ text });
const events: { [Name in keyof EventData]: z.ZodType<EventData[Name]> } = {
  meta: z.strictObject({
    protocol: z.literal(2),
    chatId: id,
    generationId,
    model: text,
    userMessage: message.nullable(),
    assistantMessage: message,
  }),
  delta: said,
  thought: said,
  media: z.strictObject(image),
  source: z.strictObject({ title: text, url: text }),
  usage,
  notice: z.strictObject({ code: text, message: text, model: text.exactOptional() }),
  snapshot: z.strictObject({ message }),
  done: z.strictObject({
    status: z.enum(['completed', 'stopped']),
    finishReason: text,
    message,
    usage,
    tokensUsed: count,
    costMicros,
    usageSource,
  }),
  error: z.strictObject({
    status: z.enum(['failed', 'interrupted']),
    code: z.enum(Object.keys(REPLY_ERRORS) as ReplyErrorCode[]),
    message: text,
    retryable: z.boolean(),
    partial: message,
  }),
};

const channelEvents: { [Name in keyof ChannelEventData]: z.ZodType<ChannelEventData[Name]> } = {
  message,
  generation: z.strictObject({ generation, message }),
  chat,
  rating: z.strictObject({ messageId: id, rating: rating.nullable() }),
  chat_deleted: z.strictObject({ chatId: id }),
};

/** The events of a stream: their names, and the data of each. */
function eventStream(id: string, data: Record<string, z.ZodType>) {
  const frames = Object.entries(data).map(([event, schema]) =>
    z.strictObject({ id: text.describe('`<log>:<sequence>`'), event: z.literal(event), data: schema }),
  );
  const stream = z.union(frames);
  answers.add(stream, { id, description: 'An event of a stream; `data` is JSON on one line' });
  return stream;
}

export const replyEvent = eventStream('ReplyEvent', events);
export const channelEvent = eventStream('ChannelEvent', { opened: z.strictObject({}), ...channelEvents });

const diagnosticEvents: { [Name in keyof DiagnosticEventData]: z.ZodType<DiagnosticEventData[Name]> } = {
  tick: z.strictObject({ number: z.int(), of: z.int(), at: time }),
  end: z.strictObject({}),
};
export const diagnosticEvent = eventStream('DiagnosticEvent', diagnosticEvents);
