import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { monotonicMicroseconds } from '../measure/clock.ts';
import { ResponseFraming } from './response-framing.ts';

/** One buffer for all connections: each read is processed before the next one. */
const BUFFER = Buffer.alloc(256 * 1024);
/** The maximum number of connections from one address to one port, below the number of local ports. */
const CONNECTIONS_AN_ADDRESS = 20_000;
const ADDRESSES = 200;
let opened = 0;

export interface ConnectionEvents {
  /** Called once, when the head of the response has arrived. */
  onHead?(): void;
  /** The bytes are only valid during the call. @param now when they arrived (µs) */
  onBody(bytes: Buffer, start: number, end: number, now: number): void;
  /** Called once, when the response has ended, with its error if any. */
  onEnd(error: string | null): void;
}

/** One request on its own connection, without the cost of `node:http`. */
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
      // The first address needs no binding, which would block its port for a minute.
      ...(address > 0 && { localAddress: `127.0.0.${1 + address}` }),
      noDelay: true,
      onread: { buffer: BUFFER, callback: (length) => this.#read(length) },
    });
    this.#socket.on('close', () => this.#end('The connection was closed before the response was over'));
  }

  /** Resolves when it is connected. The request is not sent yet. */
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

  /** Closes it without calling `onEnd`. */
  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  /** @returns whether to continue reading */
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
