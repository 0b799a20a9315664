import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import compression from 'compression';

/** A Node application that forwards all requests to a server, and compresses responses as Express applications do. */
export async function compressingHost(upstream: string): Promise<AsyncDisposable & { url: string }> {
  const compress = compression({ threshold: 0 });
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method, headers } = incoming;
    const passed = request(upstream + incoming.url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
    outgoing.on('close', () => passed.destroy());
  };
  const host = createServer((incoming, outgoing) => {
    // The types of the middleware are Express's.
    const middleware = compress as unknown as (
      incoming: IncomingMessage,
      outgoing: ServerResponse,
      next: () => void,
    ) => void;
    middleware(incoming, outgoing, () => pass(incoming, outgoing));
  }).listen(0, '127.0.0.1');
  await once(host, 'listening');
  return {
    url: `http://127.0.0.1:${(host.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      host.closeAllConnections();
      host.close();
      await once(host, 'close');
    },
  };
}
