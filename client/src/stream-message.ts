import type { EventData, Message } from '@millrace/protocol';
import { createChatClient } from './chat-client.ts';
import type { ChatClient, NewMessage, StartOptions } from './chat-client.ts';
import { ReplyFailedError } from './errors/reply-failed-error.ts';
import { messageText } from './message-text.ts';
import type { ReplyStream } from './stream/reply-stream.ts';
import type { ClientOptions } from './transport.ts';

/** A message as many chat pages have them, with its text in one piece. */
export interface PlainMessage {
  id: string;
  chatId: string;
  parentId: string | null;
  role: Uppercase<Message['role']>;
  content: string;
  status: Uppercase<Message['status']>;
  tokensUsed: number | null;
  createdAt: string;
}

export interface StreamedReply {
  aiMessage: PlainMessage;
  /** All that is known of it: status, usage, thoughts, sources. */
  message: Message;
  usage: EventData['done']['usage'];
  tokensUsed: number;
}

export interface StreamMessageOptions extends ClientOptions, NewMessage, StartOptions {
  /** The chat to write to. */
  chatSessionId: string;
  /** Default: one made of the other options. */
  client?: ChatClient | undefined;
  /** The question is saved, and the reply has begun. */
  onMeta?: ((begun: { userMessage: PlainMessage }) => void) | undefined;
  /** The next piece of the reply's text. All of them, joined, are its text exactly. */
  onToken?: ((text: string) => void) | undefined;
  /** The reply is whole, or was stopped. */
  onDone?: ((reply: StreamedReply) => void) | undefined;
  /** Called once at most, and then nothing else is: a ReplyFailedError when the reply broke off, else what `sendMessage` throws. */
  onError?: ((error: Error) => void) | undefined;
}

/**
 * Resolves once the last callback was called. Rejects with what `onError` would be told where there is no `onError`, and
 * with what a callback throws.
 */
export interface StreamedMessage extends Promise<void> {
  /** Calls back no more. The reply goes on at the server. */
  abort: () => void;
  /** Ends the reply, at the model too. `onDone` tells what there is of it. */
  stop: () => Promise<void>;
}

/**
 * Sends a message and calls back as the reply grows. A connection that breaks is resumed where it broke, and nothing is
 * told twice.
 */
export function streamMessage(options: StreamMessageOptions): StreamedMessage {
  const { client = createChatClient(options), chatSessionId, content, parentId, model, signal } = options;
  const leaving = new AbortController();
  const reading = signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal;
  const stream = client.sendMessage(
    chatSessionId,
    { content, parentId, model },
    { ...options, signal: reading },
  );
  const begun = Promise.withResolvers<void>();
  const told = tellAll(stream, options, begun.resolve).catch((error: unknown) => {
    if (reading.aborted) return;
    if (!(error instanceof Error) || !options.onError) throw error;
    options.onError(error);
  });
  return Object.assign(told, {
    abort: () => leaving.abort(),
    stop: async () => {
      await Promise.race([begun.promise, told]);
      if (stream.generationId !== null) await client.stopGeneration(stream.generationId);
    },
  });
}

async function tellAll(stream: ReplyStream, options: StreamMessageOptions, begin: () => void): Promise<void> {
  let told = '';
  const tell = (text: string) => {
    told += text;
    if (text !== '') options.onToken?.(text);
  };
  for await (const { event, data } of stream) {
    if (event === 'meta') {
      begin();
      if (data.userMessage) options.onMeta?.({ userMessage: plain(data.userMessage) });
    }
    if (event === 'delta') tell(data.text);
    // What was told so far is how the text begins.
    if (event === 'snapshot') tell(messageText(data.message).slice(told.length));
    if (event === 'error') throw new ReplyFailedError(data);
    if (event === 'done') {
      const { message, usage, tokensUsed } = data;
      options.onDone?.({ aiMessage: plain(message), message, usage, tokensUsed });
    }
  }
}

function plain(message: Message): PlainMessage {
  const { id, chatId, parentId, role, status, tokensUsed, createdAt } = message;
  return {
    id,
    chatId,
    parentId,
    role: role.toUpperCase() as Uppercase<typeof role>,
    content: messageText(message),
    status: status.toUpperCase() as Uppercase<typeof status>,
    tokensUsed,
    createdAt,
  };
}
