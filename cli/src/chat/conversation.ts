import { ApiError } from '@millrace/client';
import type { ChatClient, ReplyStream, StreamOptions } from '@millrace/client';
import type { Chat, Message, NumberedEvent } from '@millrace/protocol';
import type { Connection } from '../connection/connect.ts';
import type { SavedSession } from '../connection/saved-session.ts';
import { CommandError, describeError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { Interrupts } from './interrupts.ts';
import { jsonReplyView } from './reply-view.ts';
import type { ReplyView } from './reply-view.ts';
import { TextReplyView } from './text-reply-view.ts';

/** The end of a reply that was read. */
export interface ReadReply {
  last: NumberedEvent;
  /** Whether Ctrl+C stopped it. */
  wasInterrupted: boolean;
}

/** The chat of a user at a terminal. */
export class Conversation {
  readonly client: ChatClient;
  readonly #url: string;
  readonly #session: SavedSession;
  readonly #output: Output;
  readonly #model: string | undefined;
  #chat: Chat | null = null;

  constructor(
    { client, url, session }: Connection,
    output: Output,
    { model }: { model?: string | undefined },
  ) {
    this.client = client;
    this.#url = url;
    this.#session = session;
    this.#output = output;
    this.#model = model;
  }

  /** Null before its first message. */
  get chat(): Chat | null {
    return this.#chat;
  }

  /** @throws ApiError `not_found` */
  async open(chatId: string): Promise<Chat> {
    this.#chat = await this.client.getChat(chatId);
    this.#session.update({ chatId });
    return this.#chat;
  }

  /** Opens the last chat, if it still exists. */
  async openLast(): Promise<void> {
    const { chatId } = this.#session.read();
    if (chatId === undefined) return;
    try {
      await this.open(chatId);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
      this.#session.update({ chatId: undefined });
    }
  }

  /** The next message starts a new chat. */
  startNew(): void {
    this.#chat = null;
    this.#session.update({ chatId: undefined });
  }

  async send(content: string): Promise<ReadReply> {
    const chat = this.#chat ?? (await this.open((await this.client.createChat()).id));
    return this.#read((options) =>
      this.client.sendMessage(chat.id, { content, ...this.#modelChoice }, options),
    );
  }

  /** @throws CommandError when the chat has no reply */
  async regenerate(): Promise<ReadReply> {
    const message = (await this.messages()).findLast(({ role }) => role === 'assistant');
    if (message === undefined) throw new CommandError('no_reply', 'This chat has no reply yet.');
    return this.#read((options) => this.client.regenerate(message.id, this.#modelChoice, options));
  }

  /** Reads the last unfinished reply from its beginning. @throws CommandError when there is none */
  async resume(): Promise<ReadReply> {
    const { reply } = this.#session.read();
    if (reply === undefined)
      throw new CommandError('nothing_to_resume', 'There is no unfinished reply to resume.');
    await this.open(reply.chatId);
    return this.#read((options) => this.client.followGeneration(reply.generationId, options));
  }

  /** Stops all running replies of the chat, including replies that another client started. @returns how many */
  async stopRunning(): Promise<number> {
    const running = (await this.messages()).flatMap(({ status, generationId }) =>
      status === 'running' && generationId !== null ? [generationId] : [],
    );
    for (const generationId of running) await this.client.stopGeneration(generationId);
    return running.length;
  }

  async messages(): Promise<Message[]> {
    return this.#chat === null ? [] : this.client.allMessages(this.#chat.id);
  }

  get #modelChoice(): { model?: string } {
    return this.#model === undefined ? {} : { model: this.#model };
  }

  async #read(start: (options: StreamOptions) => ReplyStream): Promise<ReadReply> {
    const view: ReplyView = this.#output.isJson ? jsonReplyView : new TextReplyView(this.#url);
    const stream = start({ onConnectionChange: (state) => view.connectionChanged(state) });
    let isStopping = false;
    const stop = () => {
      // The id arrives with the first event. Before that there is nothing to stop.
      if (stream.generationId === null || isStopping) return;
      isStopping = true;
      void this.#stop(stream.generationId);
    };
    using interrupts = new Interrupts(stop);
    let last: NumberedEvent | null = null;
    for await (const event of stream) {
      if (last === null) this.#session.update({ reply: this.#unfinishedReply(event) });
      last = event;
      if (interrupts.happened) stop();
      view.show(event);
    }
    this.#session.update({ reply: undefined });
    if (last !== null) return { last, wasInterrupted: interrupts.happened };
    throw new CommandError('nothing_to_resume', 'The reply was already read to its end.');
  }

  /** Stops the reply at the server. Its stream then ends with the text so far. */
  async #stop(generationId: string): Promise<void> {
    try {
      await this.client.stopGeneration(generationId);
    } catch (error) {
      this.#output.note(`${describeError(error).message} Press Ctrl+C again to leave.`);
    }
  }

  #unfinishedReply({ generationId }: NumberedEvent): { generationId: string; chatId: string } {
    if (this.#chat === null) throw new Error('A reply has no chat');
    return { generationId, chatId: this.#chat.id };
  }
}
