import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { forwardConnection } from './forward-connection.ts';

/** Returns after how many of the bytes that the server sent a connection is cut; null if it isn't cut yet. */
export type Cut = (sent: Buffer) => number | null;

/** A proxy that cuts connections at exact bytes of the response. */
export class ByteCuttingProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cuts = 0;

  private constructor(server: Server, target: URL, cut: Cut) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (client) => this.#join(client, Number(target.port), cut));
  }

  static async to(url: string, cut: Cut): Promise<ByteCuttingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ByteCuttingProxy(server, new URL(url), cut);
  }

  get cuts(): number {
    return this.#cuts;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(client: Socket, port: number, cut: Cut): void {
    const upstream = forwardConnection(client, port, this.#sockets);
    let sent: Buffer = Buffer.alloc(0);
    upstream.on('data', (bytes: Buffer) => {
      const before = sent.length;
      sent = Buffer.concat([sent, bytes]);
      const end = cut(sent);
      if (end === null) {
        client.write(bytes);
        return;
      }
      this.#cuts += 1;
      client.end(bytes.subarray(0, Math.max(0, end - before)));
      upstream.destroy();
    });
  }
}

/** Cuts each stream right after the given number of events. Blocks without data aren't events. */
export function afterEvents(count: number): Cut {
  return (sent) => {
    const text = sent.toString('latin1');
    // Browsers reuse connections: the stream is the last of several responses.
    const start = text.lastIndexOf('HTTP/1.1 ');
    const head = text.indexOf('\r\n\r\n', start) + 4;
    if (head === 3 || !/^content-type: text\/event-stream/im.test(text.slice(start, head))) return null;
    let events = 0;
    for (const { index, 0: block } of text.slice(head).matchAll(/(?:[^\n]+\n)+\n/g)) {
      if (!/^data: /m.test(block)) continue;
      events += 1;
      if (events === count) return head + index + block.length;
    }
    return null;
  };
}

/** Cuts a connection inside the event that follows the given number of events, counted over all its responses. */
export function amidEvents(count: number): Cut {
  return (sent) => {
    let end = 0;
    for (let events = 0; events < count; events += 1) {
      // Only events end with two line feeds: the lines of headers end with CRLF.
      const index = sent.indexOf('\n\n', end);
      if (index === -1) return null;
      end = index + 2;
    }
    return end < sent.length ? end : null;
  };
}
