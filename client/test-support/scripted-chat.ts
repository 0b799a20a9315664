import type { ServerResponse } from 'node:http';
import { encodeFrame, parseChannelEventId } from '@millrace/protocol';
import type { ChannelEvent, Chat, GenerationState, Message } from '@millrace/protocol';
import { GENERATION_ID, json, serve } from './scripted-server.ts';
import type { Answer, ScriptedServer, SeenRequest } from './scripted-server.ts';

const CHAT_ID = 'chat-1';

export interface ScriptedChat extends ScriptedServer {
  channel: ScriptedChannel;
}

/** A server with scripted answers, a chat and the chat's channel. */
export async function scriptedChat(...answers: Answer[]): Promise<ScriptedChat> {
  const channel = new ScriptedChannel();
  const fixedAnswers = new Map<string, Answer>([
    [`/api/chats/${CHAT_ID}`, json(chat())],
    [`/api/chats/${CHAT_ID}/events`, channel.answer],
  ]);
  const server = await serve(0, answers, ({ path }) => fixedAnswers.get(path));
  return { ...server, channel };
}

/** The channel of the chat, as in docs/protocol: events go to all connected readers, and to readers that reconnect. */
export class ScriptedChannel {
  readonly requests: SeenRequest[] = [];
  readonly #frames: string[] = [];
  readonly #readers = new Set<ServerResponse>();
  #prunedCount = 0;
  #refusal: Answer | null = null;

  readonly answer: Answer = (request, response) => {
    this.requests.push(request);
    if (this.#refusal) return this.#refusal(request, response);
    const after = parseChannelEventId(String(request.headers['last-event-id'] ?? ''));
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const missed = after === null ? [] : this.#frames.slice(Math.max(after, this.#prunedCount));
    if (missed.length > 0) response.write(missed.join(''));
    this.#readers.add(response);
    response.on('close', () => this.#readers.delete(response));
  };

  get readers(): number {
    return this.#readers.size;
  }

  /** Sends events in one write. */
  send(...events: (ChannelEvent | { event: 'future'; data: object })[]): void {
    const frames = events.map(({ event, data }, index) => {
      const frame = encodeFrame(CHAT_ID, this.#frames.length + index + 1, 'chat', JSON.stringify(data));
      return frame.replace('event: chat', `event: ${event}`);
    });
    this.#frames.push(...frames);
    for (const reader of this.#readers) reader.write(frames.join(''));
  }

  /** Ends every connection. */
  cut(): void {
    for (const reader of this.#readers) reader.destroy();
  }

  /** Prunes all events except the newest. */
  prune(): void {
    this.#prunedCount = this.#frames.length - 1;
  }

  /** Sends this answer to all new readers; null opens the channel again. */
  refuse(answer: Answer | null): void {
    this.#refusal = answer;
  }
}

export function chat(changes: Partial<Chat> = {}): Chat {
  const at = '2026-11-20T12:00:00.000Z';
  return {
    id: CHAT_ID,
    title: null,
    pinned: false,
    archived: false,
    settings: {},
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
}

/** The channel's event for a reply. */
export function generation(message: Message, id = GENERATION_ID): ChannelEvent {
  const state: GenerationState = {
    id,
    chatId: message.chatId,
    messageId: message.id,
    model: 'demo',
    status: message.status,
    finishReason: message.finishReason,
    cached: message.cached,
    usage: message.usage,
    tokensUsed: message.tokensUsed,
    costMicros: message.costMicros,
    usageSource: message.usageSource,
    firstTokenMs: message.firstTokenMs,
    error: message.error,
    createdAt: message.createdAt,
    endedAt: message.status === 'running' ? null : message.createdAt,
  };
  return { event: 'generation', data: { generation: state, message } };
}
