import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Seeded } from './seeded.ts';

/** The faults of a network. */
export interface NetworkFaults {
  /** The probability that a connection is cut, and after how many bytes. */
  cut: { chance: number; bytes: readonly [number, number] };
  /** The probability that it stalls once, and for how long (ms). */
  stall: { chance: number; bytes: readonly [number, number]; ms: readonly [number, number] };
  /** The probability that each piece is delayed, and for how long (ms). */
  delay: { chance: number; ms: readonly [number, number] };
  /** The probability that it carries small pieces only, and their maximum size. */
  pieces: { chance: number; bytes: readonly [number, number] };
}

/** A network without faults. */
export const NO_NETWORK_FAULTS: NetworkFaults = {
  cut: { chance: 0, bytes: [0, 0] },
  stall: { chance: 0, bytes: [0, 0], ms: [0, 0] },
  delay: { chance: 0, ms: [0, 0] },
  pieces: { chance: 0, bytes: [0, 0] },
};

/** The faults that one direction of a connection will have. */
interface StreamFaults {
  cutAfter: number;
  stallAfter: number;
  stallMs: number;
  /** The delay of each piece (ms). */
  delayMs: number;
  /** The longest piece. */
  pieceBytes: number;
}

class Cut extends Error {
  override readonly name = 'Cut';
}

/** A TCP proxy on loopback that cuts, stalls, delays and splits streams, determined by its seed. */
export class FaultProxy {
  readonly url: string;
  #cuts = 0;
  #connections = 0;
  #isStopped = false;
  readonly #targets: () => readonly number[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #random: (connection: number) => Seeded;
  readonly #faults: NetworkFaults;

  private constructor(
    server: Server,
    random: (connection: number) => Seeded,
    faults: NetworkFaults,
    targets: () => readonly number[],
  ) {
    this.#server = server;
    this.#random = random;
    this.#faults = faults;
    this.#targets = targets;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (client) => this.#accept(client));
  }

  /** @param targets the current ports; a connection goes to one of them */
  static async start(
    seed: number,
    name: string,
    faults: NetworkFaults,
    targets: () => readonly number[],
  ): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, (connection) => new Seeded(seed, name, connection), faults, targets);
  }

  /** The same URL, through this proxy. */
  urlThroughProxy(url: string): string {
    const address = new URL(url);
    address.port = new URL(this.url).port;
    return address.href;
  }

  /** The number of connections it has cut. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Stops causing faults. */
  stopFaults(): void {
    this.#isStopped = true;
  }

  /** Causes faults again. */
  startFaults(): void {
    this.#isStopped = false;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    const random = this.#random((this.#connections += 1));
    const targets = this.#targets();
    const port = targets[Math.floor(random.fraction() * targets.length)];
    const toServer = this.#drawFaults(random);
    const toClient = this.#drawFaults(random);
    if (port === undefined) {
      client.destroy();
      return;
    }
    const server = connect(port, '127.0.0.1');
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    const end = (error?: unknown) => {
      if (error instanceof Cut) this.#cuts += 1;
      // Half of the cuts are resets, half are ends: the other side must handle both.
      for (const socket of [client, server]) {
        if (random.chance(0.5)) socket.resetAndDestroy();
        else socket.destroy();
      }
    };
    pipeline(client, (bytes: AsyncIterable<Buffer>) => this.#carry(bytes, toServer), server).catch(end);
    pipeline(server, (bytes: AsyncIterable<Buffer>) => this.#carry(bytes, toClient), client).then(
      () => end(),
      end,
    );
  }

  #drawFaults(random: Seeded): StreamFaults {
    const { cut, stall, delay, pieces } = this.#faults;
    return {
      cutAfter: random.maybe(cut.chance, () => random.between(...cut.bytes)) ?? Number.POSITIVE_INFINITY,
      stallAfter:
        random.maybe(stall.chance, () => random.between(...stall.bytes)) ?? Number.POSITIVE_INFINITY,
      stallMs: random.between(...stall.ms),
      delayMs: random.maybe(delay.chance, () => random.between(...delay.ms)) ?? 0,
      pieceBytes:
        random.maybe(pieces.chance, () => random.between(...pieces.bytes)) ?? Number.POSITIVE_INFINITY,
    };
  }

  async *#carry(bytes: AsyncIterable<Buffer>, faults: StreamFaults): AsyncGenerator<Buffer> {
    let passed = 0;
    for await (const chunk of bytes) {
      for (let start = 0; start < chunk.length;) {
        if (this.#isStopped) {
          yield chunk.subarray(start);
          break;
        }
        // A piece ends at the next fault.
        const next = Math.min(
          faults.cutAfter,
          passed < faults.stallAfter ? faults.stallAfter : Number.POSITIVE_INFINITY,
        );
        const length = Math.min(faults.pieceBytes, chunk.length - start, next - passed);
        yield chunk.subarray(start, start + length);
        start += length;
        passed += length;
        if (passed >= faults.cutAfter) throw new Cut();
        if (passed === faults.stallAfter) await sleep(faults.stallMs);
        else if (faults.delayMs > 0) await sleep(faults.delayMs);
        else if (faults.pieceBytes < chunk.length) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}
