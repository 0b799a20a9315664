import { ApiError } from '@millrace/client';
import type { ChatClient, ReplyStream, StreamOptions } from '@millrace/client';
import type { Chat, Message, NumberedEvent } from '@millrace/protocol';
import type { Connection } from '../connection/connect.ts';
import type { SavedPlace } from '../connection/saved-places.ts';
import { CommandError, describeError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { Interrupts } from './interrupts.ts';
import { jsonReplyView } from './reply-view.ts';
import type { ReplyView } from './reply-view.ts';
import { TextReplyView } from './text-reply-view.ts';

/** How reading a reply ended. */
export interface ReadReply {
  last: NumberedEvent;
  /** Whether Ctrl+C stopped it. */
  wasInterrupted: boolean;
}

/** A chat as somebody at a terminal has it. */
export class Conversation {
  readonly client: ChatClient;
  readonly #url: string;
  readonly #place: SavedPlace;
  readonly #output: Output;
  readonly #model: string | undefined;
  #chat: Chat | null = null;

  constructor({ client, url, place }: Connection, output: Output, { model }: { model?: string | undefined }) {
    this.client = client;
    this.#url = url;
    this.#place = place;
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
    this.#place.update({ chatId });
    return this.#chat;
  }

  /** The chat of before, where there is one still. */
  async openLast(): Promise<void> {
    const { chatId } = this.#place.read();
    if (chatId === undefined) return;
    try {
      await this.open(chatId);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
      this.#place.update({ chatId: undefined });
    }
  }

  /** The next message begins another chat. */
  begin(): void {
    this.#chat = null;
    this.#place.update({ chatId: undefined });
  }

  async send(content: string): Promise<ReadReply> {
    const chat = this.#chat ?? (await this.open((await this.client.createChat()).id));
    return this.#read((options) => this.client.sendMessage(chat.id, { content, ...this.#choice }, options));
  }

  /** @throws CommandError where there is no reply yet */
  async regenerate(): Promise<ReadReply> {
    const message = (await this.messages()).findLast(({ role }) => role === 'assistant');
    if (message === undefined) throw new CommandError('no_reply', 'There is no reply yet.');
    return this.#read((options) => this.client.regenerate(message.id, this.#choice, options));
  }

  /** Reads the reply that wasn't read to its end, from its first letter. @throws CommandError where there is none */
  async resume(): Promise<ReadReply> {
    const { reply } = this.#place.read();
    if (reply === undefined) throw new CommandError('nothing_to_resume', 'There is no reply to go on with.');
    await this.open(reply.chatId);
    return this.#read((options) => this.client.followGeneration(reply.generationId, options));
  }

  /** Stops what runs in the chat, wherever it was begun. @returns how many replies that were */
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

  get #choice(): { model?: string } {
    return this.#model === undefined ? {} : { model: this.#model };
  }

  async #read(start: (options: StreamOptions) => ReplyStream): Promise<ReadReply> {
    const view: ReplyView = this.#output.isJson ? jsonReplyView : new TextReplyView(this.#url);
    const stream = start({ onConnectionChange: (state) => view.connectionChanged(state) });
    let isStopping = false;
    const stop = () => {
      // Without an id there is nothing to stop yet; it comes with the first event.
      if (stream.generationId === null || isStopping) return;
      isStopping = true;
      void this.#stop(stream.generationId);
    };
    using interrupts = new Interrupts(stop);
    let last: NumberedEvent | null = null;
    for await (const event of stream) {
      if (last === null) this.#place.update({ reply: this.#replyOf(event) });
      last = event;
      if (interrupts.happened) stop();
      view.show(event);
    }
    this.#place.update({ reply: undefined });
    if (last !== null) return { last, wasInterrupted: interrupts.happened };
    throw new CommandError('nothing_to_resume', 'The reply has been read to its end.');
  }

  /** Of the server; the stream then ends with what was said so far. */
  async #stop(generationId: string): Promise<void> {
    try {
      await this.client.stopGeneration(generationId);
    } catch (error) {
      this.#output.note(`${describeError(error).message} Press Ctrl+C again to leave.`);
    }
  }

  #replyOf({ generationId }: NumberedEvent): { generationId: string; chatId: string } {
    if (this.#chat === null) throw new Error('A reply is in a chat');
    return { generationId, chatId: this.#chat.id };
  }
}
