import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Gemini service whose replies the test sends piece by piece. */
export class HandFedModel {
  readonly url: string;
  readonly #server: Server;
  #reply: ServerResponse | null = null;

  private constructor(server: Server) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
    server.on('request', (request, response) => {
      if (!(request.url ?? '').includes(':streamGenerateContent')) {
        response.writeHead(404).end();
        return;
      }
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.#reply = response;
    });
  }

  static async start(): Promise<HandFedModel> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HandFedModel(server);
  }

  /** Sends events of the last requested reply. */
  say(...events: readonly string[]): void {
    if (this.#reply === null) throw new Error('There is no request to answer yet');
    this.#reply.write(events.join(''));
  }

  end(): void {
    this.#reply?.end();
  }

  /** Forgets the last request, so that `isAsked` waits for the next one. */
  forget(): void {
    this.#reply = null;
  }

  get isAsked(): boolean {
    return this.#reply !== null;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
