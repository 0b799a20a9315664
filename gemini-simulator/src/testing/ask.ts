import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { ScriptItem } from '../behaviour.ts';
import type { Simulator } from '../simulator.ts';

export interface StreamEvent {
  candidates?: {
    content: {
      parts?: { text?: string; thought?: boolean; thoughtSignature?: string; functionCall?: object }[];
    };
    finishReason?: string;
    continuationToken?: string;
  }[];
  promptFeedback?: { blockReason: string };
  usageMetadata?: { promptTokenCount: number; candidatesTokenCount?: number; totalTokenCount: number };
  modelVersion?: string;
  responseId?: string;
  error?: { code: number; status: string; message: string; details?: object[] };
}

interface Answer {
  status: number;
  headers: Headers;
  body: string;
  bytes: Buffer;
  /** The error that ended the body, if one did. */
  broken: unknown;
}

interface AskOptions {
  model?: string;
  method?: string;
  /** Default `alt=sse`. */
  query?: string;
  headers?: Record<string, string>;
  request?: object;
  signal?: AbortSignal;
}

/** Sends a question and reads the response to its end, however it ends. */
export async function ask(simulator: Simulator, text: string, options: AskOptions = {}): Promise<Answer> {
  const { model = 'gemini-3.8-flash', method = 'streamGenerateContent', query = 'alt=sse' } = options;
  const response = await fetch(`${simulator.url}/v1beta/models/${model}:${method}?${query}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'a-key', 'content-type': 'application/json', ...options.headers },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text }] }], ...options.request }),
    signal: options.signal ?? null,
  });
  const reads: Uint8Array[] = [];
  let broken: unknown;
  try {
    for await (const read of response.body ?? []) reads.push(read as Uint8Array);
  } catch (error) {
    broken = error;
  }
  const bytes = Buffer.concat(reads);
  return { status: response.status, headers: response.headers, body: bytes.toString(), bytes, broken };
}

/** Sends a question whose answer has this behaviour. */
export function askScripted(
  simulator: Simulator,
  behaviour: ScriptItem,
  text = 'one two three',
  options: AskOptions = {},
) {
  simulator.script([behaviour]);
  return ask(simulator, text, options);
}

/**
 * Sends a question over a plain socket and returns the writes of the response as Latin-1. HTTP's chunked encoding keeps
 * them apart, however the network joins them.
 */
export async function readWrites(simulator: Simulator, text: string): Promise<string[]> {
  const body = JSON.stringify({ contents: [{ parts: [{ text }] }] });
  const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1').setEncoding('latin1');
  socket.write(
    'POST /v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse&key=a HTTP/1.1\r\n' +
      `Host: simulator\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  let response = '';
  socket.on('data', (read) => {
    response += String(read);
  });
  await once(socket, 'close');
  const writes: string[] = [];
  let at = response.indexOf('\r\n\r\n') + 4;
  while (at < response.length) {
    const start = response.indexOf('\r\n', at) + 2;
    const length = Number.parseInt(response.slice(at, start), 16);
    if (length > 0) writes.push(response.slice(start, start + length));
    at = start + length + 2;
  }
  return writes;
}

/** The JSON of every `data:` line of a whole body. */
export function eventsOf(body: string): StreamEvent[] {
  return body
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice('data: '.length)) as StreamEvent);
}

export function textOf(events: StreamEvent[]): string {
  const parts = events.flatMap((event) => event.candidates?.[0]?.content.parts ?? []);
  return parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
}

/** Waits until the condition holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}
