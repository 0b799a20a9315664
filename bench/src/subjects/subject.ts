import type { ProcessUsage } from '../measure/process-usage.ts';

/** Something that brings replies of the model to readers. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  /** Of all its nodes, where there are several: requests go to them in turns. */
  readonly ports?: readonly number[];
  /** The requests that start so many replies, whole as they go over the wire. */
  requests(count: number): Promise<string[]>;
  /** What the server has used; null where there is none, or no way to know. @throws when it has ended */
  usage(): ProcessUsage | null;
  /** Waits until the server has nothing to do. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

/** One that lets many readers follow a reply. */
export interface Broadcaster extends Subject {
  /** Starts a reply of the model, which the plan should hold. @returns the request with which readers follow it */
  broadcast(): Promise<string>;
}

/** A whole HTTP/1.1 request. */
export function rawRequest(
  method: 'GET' | 'POST',
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const all: Record<string, string> = {
    host: '127.0.0.1',
    accept: 'text/event-stream',
    ...headers,
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': String(text.length) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}
