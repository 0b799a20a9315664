import type { ProcessUsage } from '../measure/process-usage.ts';

/** A system that delivers replies of the model to readers. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  /** The URLs of its nodes, if there are several. Requests go to them in turns. */
  readonly ports?: readonly number[];
  /** The complete HTTP requests that start the given number of replies. */
  requests(count: number): Promise<string[]>;
  /** The resources that the server has used; null without a server, or if they can't be measured. @throws if it has ended */
  usage(): ProcessUsage | null;
  /** Waits until the server is idle. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

/** A subject that lets many readers follow one reply. */
export interface Broadcaster extends Subject {
  /** Starts a reply of the model, which the plan should hold back. @returns the request with which readers follow it */
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
