import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** The proxy's misconfigurations. */
export interface ProxyFaults {
  /** Sends a response only when it is complete. */
  isBuffering?: boolean;
  /** Closes a connection that was idle for this long. */
  idleTimeoutMs?: number;
  /** Request headers that it removes. */
  removedHeaders?: readonly string[];
  /** Doesn't set `x-forwarded-for`, so that the client can choose it. */
  omitsForwardedFor?: boolean;
  /** Response headers that it replaces. */
  replacedHeaders?: Record<string, string>;
}

/** A reverse proxy in front of a server. */
export class FrontProxy {
  readonly url: string;
  /** The URL of the server, once it is known. */
  target = '';
  faults: ProxyFaults = {};
  readonly #server: Server;

  private constructor(server: Server, scheme: 'http' | 'https') {
    this.#server = server;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (incoming, outgoing) => this.#pass(incoming, outgoing));
  }

  /** @param tls serves HTTPS; `h2` adds HTTP/2 */
  static async start(tls?: { key: Buffer; cert: Buffer; h2: boolean }): Promise<FrontProxy> {
    const server = serverOf(tls);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FrontProxy(server, tls === undefined ? 'http' : 'https');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    // An HTTP/2 server lacks this method.
    this.#server.closeAllConnections?.();
    await closed;
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { removedHeaders = [], omitsForwardedFor = false } = this.faults;
    const headers = { ...incoming.headers };
    for (const name of removedHeaders) delete headers[name];
    if (!omitsForwardedFor) {
      const before = headers['x-forwarded-for'];
      const hops = [...(before === undefined ? [] : [before]), incoming.socket.remoteAddress ?? ''];
      headers['x-forwarded-for'] = hops.join(', ');
    }
    const forwarded = request(this.target + (incoming.url ?? ''), { method: incoming.method, headers });
    forwarded.on('response', (answer) => void this.#answer(answer, outgoing));
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }

  async #answer(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { isBuffering = false, idleTimeoutMs, replacedHeaders = {} } = this.faults;
    // The response is aborted when the client is gone.
    answer.on('error', () => outgoing.destroy());
    const headers = { ...answer.headers, ...replacedHeaders };
    if (isBuffering) {
      const whole = await buffer(answer);
      delete headers['transfer-encoding'];
      outgoing.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': whole.length }).end(whole);
      return;
    }
    if (idleTimeoutMs !== undefined) answer.setTimeout(idleTimeoutMs, () => outgoing.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
  }
}

function serverOf(tls: { key: Buffer; cert: Buffer; h2: boolean } | undefined): Server {
  if (tls === undefined) return createServer();
  // With HTTP/1.1 it has the interface of the other servers.
  return tls.h2
    ? (createSecureServer({ ...tls, allowHTTP1: true }) as unknown as Server)
    : createTlsServer(tls);
}
