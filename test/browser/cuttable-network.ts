import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { forwardConnection } from '../support/forward-connection.ts';

/**
 * The way from a browser to a server, that can be cut. Chromium's own offline mode refuses new requests and lets a
 * stream that is open flow on, which no network does.
 */
export class CuttableNetwork {
  /** Where the server is seen at. */
  readonly url: string;
  readonly #gate: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;
  #losesAnswers = false;

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

  /** Ends every connection, and all that are tried until it is mended. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** From now on requests arrive, and nothing comes back. */
  loseAnswers(): void {
    this.#losesAnswers = true;
  }

  mend(): void {
    this.#cut = false;
    this.#losesAnswers = false;
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
    far.on('data', (bytes) => this.#losesAnswers || near.write(bytes));
  }
}
