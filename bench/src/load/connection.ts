import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { monotonicMicroseconds } from '../measure/clock.ts';
import { ResponseFraming } from './response-framing.ts';

/** One for all connections: what is read is looked at before the next read. */
const BUFFER = Buffer.alloc(256 * 1024);
/** Connections from one address to one port: fewer than the local ports there are. */
const CONNECTIONS_AN_ADDRESS = 20_000;
const ADDRESSES = 200;
let opened = 0;

export interface ConnectionEvents {
  /** Once, when the head of the response is in. */
  onHead?(): void;
  /** The bytes aren't kept. @param now when they came (µs) */
  onBody(bytes: Buffer, start: number, end: number, now: number): void;
  /** Once, when the response is over; with what is wrong with it. */
  onEnd(error: string | null): void;
}

/** One request on a connection of its own, without `node:http`'s price for each. */
export class Connection {
  readonly #socket: Socket;
  readonly #framing = new ResponseFraming();
  readonly #events: ConnectionEvents;
  readonly #isStalling: boolean;
  #isOver = false;

  private constructor(port: number, events: ConnectionEvents, isStalling: boolean) {
    this.#events = events;
    this.#isStalling = isStalling;
    const address = Math.floor(opened / CONNECTIONS_AN_ADDRESS) % ADDRESSES;
    opened += 1;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      // The first needs no binding, which would keep its port from being used again for a minute.
      ...(address > 0 && { localAddress: `127.0.0.${1 + address}` }),
      noDelay: true,
      onread: { buffer: BUFFER, callback: (length) => this.#read(length) },
    });
    this.#socket.on('close', () => this.#end('The connection was closed before the response was over'));
  }

  /** @returns when it is connected; the request is still to be sent */
  static open(port: number, events: ConnectionEvents, isStalling = false): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const connection = new Connection(port, events, isStalling);
      connection.#socket.once('connect', () => resolve(connection));
      connection.#socket.once('error', (error) => {
        reject(error);
        connection.#end(error.message);
      });
    });
  }

  send(request: string): void {
    this.#socket.write(request, 'latin1');
  }

  /** Closes it, and tells of no end. */
  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  /** @returns whether to go on reading */
  #read(length: number): boolean {
    if (this.#isOver) return false;
    const now = monotonicMicroseconds();
    const hadHead = this.#framing.hasHead;
    const start = this.#framing.feed(BUFFER, length);
    if (!hadHead && this.#framing.hasHead) {
      const { status } = this.#framing;
      if (status !== 200)
        this.#end(`Status ${status}: ${BUFFER.toString('latin1', 0, Math.min(length, 1000))}`);
      else this.#events.onHead?.();
      if (this.#isStalling) return false;
    }
    if (start < length && !this.#isOver) this.#events.onBody(BUFFER, start, length, now);
    if (this.#framing.hasEnded) this.#end(null);
    return true;
  }

  #end(error: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#events.onEnd(error);
  }
}
