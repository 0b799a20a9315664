import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeData, encodeFrame, parseEventId, PROTOCOL_VERSION } from '@millrace/protocol';
import type { ChatEvent, Message } from '@millrace/protocol';

export const GENERATION_ID = '01kb3vXq7Zt0a9Bc';

const ROUND_TRIP = '/round-trip';

export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer extends AsyncDisposable {
  baseUrl: string;
  requests: SeenRequest[];
}

/** A real HTTP server that answers each request with the next answer, and repeats the last one. */
export function scriptedServer(...answers: Answer[]): Promise<ScriptedServer> {
  return scriptedServerAt(0, ...answers);
}

/** The same on a given port. */
export function scriptedServerAt(port: number, ...answers: Answer[]): Promise<ScriptedServer> {
  return serve(port, answers, () => undefined);
}

/** The same, except for requests with a fixed answer, which are not recorded. */
export async function serve(
  port: number,
  answers: readonly Answer[],
  fixedAnswer: (request: SeenRequest) => Answer | undefined,
): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void collect(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      const seen = { method, path, headers, body };
      const fixed = path === ROUND_TRIP ? noContent : fixedAnswer(seen);
      if (fixed) return fixed(seen, response);
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      requests.push(seen);
      return answer?.(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits until earlier requests must have arrived. */
export async function roundTrip({ baseUrl }: ScriptedServer): Promise<void> {
  await fetch(baseUrl + ROUND_TRIP);
}

async function collect(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text === '' ? null : JSON.parse(text);
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

export interface StreamScript {
  /** The sequence of the first event. Default: 1. */
  from?: number;
  /** What follows the last event. Default: the response ends. */
  ending?: 'end' | 'destroy' | 'hang';
}

export function stream(
  events: readonly ChatEvent[],
  { from = 1, ending = 'end' }: StreamScript = {},
): Answer {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [index, frame] of events.map(frameFrom(from)).entries()) {
      const last = index === events.length - 1;
      await new Promise((resolve) => response.write(frame, resolve));
      if (last && ending === 'destroy') response.destroy();
    }
    if (ending === 'end') response.end();
  };
}

/** Sends `firstCount` events to the first request and then nothing; to later requests, the events after `Last-Event-ID`. */
export function silentAfter(firstCount: number, events: readonly ChatEvent[]): Answer {
  let first = true;
  return (request, response) => {
    const after = parseEventId(String(request.headers['last-event-id'] ?? ''))?.sequence ?? 0;
    const count = first ? firstCount : events.length;
    const ending = first ? 'hang' : 'end';
    first = false;
    return stream(events.slice(after, count), { from: after + 1, ending })(request, response);
  };
}

export function frameFrom(from: number): (event: ChatEvent, index: number) => string {
  return (event, index) => encodeFrame(GENERATION_ID, from + index, event.event, encodeData(event));
}

export const noContent: Answer = (_request, response) => void response.writeHead(204).end();

export function message(changes: Partial<Message> = {}): Message {
  return {
    id: 'assistant-1',
    chatId: 'chat-1',
    parentId: 'user-1',
    role: 'assistant',
    status: 'running',
    parts: [],
    continues: null,
    generationId: GENERATION_ID,
    model: 'demo',
    finishReason: null,
    cached: false,
    usage: null,
    tokensUsed: null,
    costMicros: null,
    usageSource: null,
    firstTokenMs: null,
    error: null,
    rating: null,
    createdAt: '2026-11-20T12:00:00.000Z',
    ...changes,
  };
}

export const USAGE = {
  promptTokens: 1,
  cachedTokens: 0,
  outputTokens: 2,
  thoughtTokens: 0,
  toolUseTokens: 0,
  totalTokens: 3,
};

export const userMessage = message({
  id: 'user-1',
  parentId: null,
  role: 'user',
  status: 'completed',
  parts: [{ type: 'text', text: 'Hi' }],
  generationId: null,
});

export const meta: ChatEvent = {
  event: 'meta',
  data: {
    protocol: PROTOCOL_VERSION,
    chatId: 'chat-1',
    generationId: GENERATION_ID,
    model: 'demo',
    userMessage,
    assistantMessage: message(),
  },
};

export function delta(text: string): ChatEvent {
  return { event: 'delta', data: { text } };
}

export function done(text: string, status: 'completed' | 'stopped' = 'completed'): ChatEvent {
  return {
    event: 'done',
    data: {
      status,
      finishReason: 'stop',
      message: message({
        status,
        parts: [{ type: 'text', text }],
        finishReason: 'stop',
        tokensUsed: 3,
        costMicros: 6,
      }),
      usage: USAGE,
      tokensUsed: 3,
      costMicros: 6,
      usageSource: 'provider',
    },
  };
}
