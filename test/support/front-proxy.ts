import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What a proxy does that it shouldn't. */
export interface Habits {
  /** Holds each answer back until it has all of it. */
  buffers?: boolean;
  /** Cuts a connection on which nothing was said for so long (ms). */
  cutsAfter?: number;
  /** Request headers it doesn't pass on. */
  strips?: readonly string[];
  /** Leaves who calls to be said by the caller. */
  isSilent?: boolean;
  /** What it says of answers by itself. */
  overwrites?: Record<string, string>;
}

/** What stands in front of a server: a reverse proxy, as good as its habits. */
export class FrontProxy {
  readonly url: string;
  /** The server's address, once it is known. */
  target = '';
  habits: Habits = {};
  readonly #server: Server;

  private constructor(server: Server, scheme: 'http' | 'https') {
    this.#server = server;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (incoming, outgoing) => this.#pass(incoming, outgoing));
  }

  /** @param tls serves https; `h2` speaks HTTP/2 as well */
  static async start(tls?: { key: Buffer; cert: Buffer; h2: boolean }): Promise<FrontProxy> {
    const server = serverOf(tls);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FrontProxy(server, tls === undefined ? 'http' : 'https');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    // One that speaks HTTP/2 has none to close: nobody opened any.
    this.#server.closeAllConnections?.();
    await closed;
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { strips = [], isSilent = false } = this.habits;
    const headers = { ...incoming.headers };
    for (const name of strips) delete headers[name];
    if (!isSilent) {
      const before = headers['x-forwarded-for'];
      const hops = [...(before === undefined ? [] : [before]), incoming.socket.remoteAddress ?? ''];
      headers['x-forwarded-for'] = hops.join(', ');
    }
    const asked = request(this.target + (incoming.url ?? ''), { method: incoming.method, headers });
    asked.on('response', (answer) => void this.#answer(answer, outgoing));
    asked.on('error', () => outgoing.destroy());
    outgoing.on('close', () => asked.destroy());
    incoming.pipe(asked);
  }

  async #answer(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { buffers = false, cutsAfter, overwrites = {} } = this.habits;
    // It is gone when the caller is.
    answer.on('error', () => outgoing.destroy());
    const headers = { ...answer.headers, ...overwrites };
    if (buffers) {
      const whole = await buffer(answer);
      delete headers['transfer-encoding'];
      outgoing.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': whole.length }).end(whole);
      return;
    }
    if (cutsAfter !== undefined) answer.setTimeout(cutsAfter, () => outgoing.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
  }
}

function serverOf(tls: { key: Buffer; cert: Buffer; h2: boolean } | undefined): Server {
  if (tls === undefined) return createServer();
  // Asked over HTTP/1.1 it behaves like the others.
  return tls.h2
    ? (createSecureServer({ ...tls, allowHTTP1: true }) as unknown as Server)
    : createTlsServer(tls);
}
