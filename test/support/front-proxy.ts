import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
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

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (incoming, outgoing) => this.#pass(incoming, outgoing));
  }

  static async start(): Promise<FrontProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FrontProxy(server);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
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
