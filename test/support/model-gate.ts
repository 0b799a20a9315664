import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { forwardConnection } from './forward-connection.ts';

/** Begins each event of a streamed reply. */
const EVENT = 'data: ';

/** A proxy before a model that holds replies back, so that the test decides when they continue. It is open at first. */
export class ModelGate {
  /** The address of the model through this proxy. */
  readonly url: string;
  /** The address of the model. Set it before the first request. */
  target = '';
  readonly #gate: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held = new Map<Socket, Buffer>();
  #eventsLeft = Infinity;

  private constructor(gate: Server) {
    this.#gate = gate;
    this.url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
    gate.on('connection', (server) => {
      const model = forwardConnection(server, Number(new URL(this.target).port), this.#sockets);
      model.on('data', (bytes: Buffer) => this.#pass(server, bytes));
      server.on('close', () => this.#held.delete(server));
    });
  }

  static async start(): Promise<ModelGate> {
    const gate = createServer();
    gate.listen(0, '127.0.0.1');
    await once(gate, 'listening');
    return new ModelGate(gate);
  }

  /** Lets this many more events through, and holds back what follows. */
  allow(events: number): void {
    this.#eventsLeft = events;
    const held = [...this.#held];
    this.#held.clear();
    for (const [server, bytes] of held) this.#pass(server, bytes);
  }

  /** Lets everything through. */
  open(): void {
    this.allow(Infinity);
  }

  async close(): Promise<void> {
    this.#gate.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#gate, 'close');
  }

  #pass(server: Socket, bytes: Buffer): void {
    const before = this.#held.get(server);
    if (before !== undefined) {
      this.#held.set(server, Buffer.concat([before, bytes]));
      return;
    }
    for (let at = bytes.indexOf(EVENT); at !== -1; at = bytes.indexOf(EVENT, at + EVENT.length)) {
      this.#eventsLeft -= 1;
      if (this.#eventsLeft >= 0) continue;
      this.#eventsLeft = 0;
      server.write(bytes.subarray(0, at));
      this.#held.set(server, bytes.subarray(at));
      return;
    }
    server.write(bytes);
  }
}
