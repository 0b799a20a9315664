import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { geminiChunk } from './gemini-chunk.ts';
import type { Plan } from './plan.ts';

/** The number of chunks per write at full speed. */
const BATCH = 32;

/**
 * One reply of the model. Its chunks are written directly to the socket, without `node:http`, so that the model uses little CPU
 * compared to the servers under test.
 */
export class Reply {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #plan: Plan;
  #written = 0;

  /** The head must have been flushed. */
  constructor(response: ServerResponse, socket: Socket, plan: Plan) {
    this.#response = response;
    this.#socket = socket;
    this.#plan = plan;
  }

  /** The number of written chunks. */
  get written(): number {
    return this.#written;
  }

  get hasEnded(): boolean {
    return this.#written >= this.#plan.chunks || this.#socket.destroyed;
  }

  /** Writes chunks with the current time as their stamp. @returns false when the connection is full */
  write(count: number): boolean {
    if (this.hasEnded) return true;
    let text = '';
    for (let left = count; left > 0 && this.#written < this.#plan.chunks; left -= 1) {
      text += geminiChunk(this.#written, this.#plan, this.#written === this.#plan.chunks - 1);
      this.#written += 1;
    }
    const hasRoom = this.#socket.write(text, 'latin1');
    if (this.#written >= this.#plan.chunks) this.#response.end();
    return hasRoom;
  }

  /** Writes all chunks as fast as the reader accepts them. */
  pour(): void {
    while (!this.hasEnded) {
      if (this.write(BATCH)) continue;
      this.#socket.once('drain', () => this.pour());
      return;
    }
  }

  hangUp(): void {
    this.#socket.destroy();
  }
}
