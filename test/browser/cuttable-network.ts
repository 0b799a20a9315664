import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { forwardConnection } from '../support/forward-connection.ts';

/**
 * A proxy between a browser and a server that can cut all connections. Chromium's offline mode only refuses new requests: open
 * streams continue, unlike in a real network failure.
 */
export class CuttableNetwork {
  /** The address of the server through this proxy. */
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;
  #dropsResponses = false;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (client) => this.#join(client, Number(target.port)));
  }

  static async to(url: string): Promise<CuttableNetwork> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttableNetwork(server, new URL(url));
  }

  /** Resets all connections, and refuses new ones until `restore`. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Lets requests through but drops all response data, until `restore`. */
  dropResponses(): void {
    this.#dropsResponses = true;
  }

  restore(): void {
    this.#cut = false;
    this.#dropsResponses = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, port: number): void {
    if (this.#cut) {
      client.resetAndDestroy();
      return;
    }
    const upstream = forwardConnection(client, port, this.#sockets);
    upstream.on('data', (bytes) => this.#dropsResponses || client.write(bytes));
  }
}
