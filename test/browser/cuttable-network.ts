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
  readonly #gate: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;
  #dropsResponses = false;

  private constructor(gate: Server, target: URL) {
    this.#gate = gate;
    this.url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
    gate.on('connection', (near) => this.#join(near, Number(target.port)));
  }

  static async to(url: string): Promise<CuttableNetwork> {
    const gate = createServer();
    gate.listen(0, '127.0.0.1');
    await once(gate, 'listening');
    return new CuttableNetwork(gate, new URL(url));
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
    this.#gate.close();
    await once(this.#gate, 'close');
  }

  #join(near: Socket, port: number): void {
    if (this.#cut) {
      near.resetAndDestroy();
      return;
    }
    const far = forwardConnection(near, port, this.#sockets);
    far.on('data', (bytes) => this.#dropsResponses || near.write(bytes));
  }
}
