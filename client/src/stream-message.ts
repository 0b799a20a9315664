import { messageText } from '@millrace/protocol';
import type { EventData, Message } from '@millrace/protocol';
import { createChatClient } from './chat-client.ts';
import type { ChatClient, NewMessage, StartOptions } from './chat-client.ts';
import { ReplyFailedError } from './errors/reply-failed-error.ts';
import type { ReplyStream } from './stream/reply-stream.ts';
import type { ClientOptions } from './transport.ts';

/** A message with its text as one string, in the shape that many chat pages use. */
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
  /** The whole message: status, usage, thoughts, sources. */
  message: Message;
  usage: EventData['done']['usage'];
  tokensUsed: number;
}

export interface StreamMessageOptions extends ClientOptions, NewMessage, StartOptions {
  /** The chat to write to. */
  chatSessionId: string;
  /** Default: a client created from the other options. */
  client?: ChatClient | undefined;
  /** Called when the user's message is saved and the reply has begun. */
  onMeta?: ((data: { userMessage: PlainMessage }) => void) | undefined;
  /** Called with the next piece of the reply's text. All pieces, joined, are exactly its text. */
  onToken?: ((text: string) => void) | undefined;
  /** Called when the reply is complete or was stopped. */
  onDone?: ((reply: StreamedReply) => void) | undefined;
  /** Called at most once, as the last callback: with a ReplyFailedError if the reply failed, else with what `sendMessage` throws. */
  onError?: ((error: Error) => void) | undefined;
}

/**
 * Resolves after the last callback. Rejects with the error if there is no `onError`, and with what a callback throws.
 */
export interface StreamedMessage extends Promise<void> {
  /** Stops the callbacks. The reply continues on the server. */
  abort: () => void;
  /** Stops the reply, on the model's side too. `onDone` gets the text so far. */
  stop: () => Promise<void>;
}

/** Sends a message and calls back as the reply grows. A broken connection is resumed; no text is repeated. */
export function streamMessage(options: StreamMessageOptions): StreamedMessage {
  const {
    client = createChatClient(options),
    chatSessionId,
    content,
    attachments,
    parentId,
    model,
    signal,
  } = options;
  const aborting = new AbortController();
  const readingSignal = signal ? AbortSignal.any([signal, aborting.signal]) : aborting.signal;
  const stream = client.sendMessage(
    chatSessionId,
    { content, attachments, parentId, model },
    { ...options, signal: readingSignal },
  );
  const begun = Promise.withResolvers<void>();
  const finished = callBack(stream, options, begun.resolve).catch((error: unknown) => {
    if (readingSignal.aborted) return;
    if (!(error instanceof Error) || !options.onError) throw error;
    options.onError(error);
  });
  return Object.assign(finished, {
    abort: () => aborting.abort(),
    stop: async () => {
      await Promise.race([begun.promise, finished]);
      if (stream.generationId !== null) await client.stopGeneration(stream.generationId);
    },
  });
}

async function callBack(
  stream: ReplyStream,
  options: StreamMessageOptions,
  onBegin: () => void,
): Promise<void> {
  let received = '';
  const append = (text: string) => {
    received += text;
    if (text !== '') options.onToken?.(text);
  };
  for await (const { event, data } of stream) {
    if (event === 'meta') {
      onBegin();
      if (data.userMessage) options.onMeta?.({ userMessage: toPlainMessage(data.userMessage) });
    }
    if (event === 'delta') append(data.text);
    // The text received so far is the beginning of the snapshot's text.
    if (event === 'snapshot') append(messageText(data.message).slice(received.length));
    if (event === 'error') throw new ReplyFailedError(data);
    if (event === 'done') {
      const { message, usage, tokensUsed } = data;
      options.onDone?.({ aiMessage: toPlainMessage(message), message, usage, tokensUsed });
    }
  }
}

function toPlainMessage(message: Message): PlainMessage {
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
