import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';

/** What `node:http`, Express and Connect take: a request that isn't ours goes to `next`. */
export type NodeHandler = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** What frameworks put on a request. */
interface HostedRequest extends IncomingMessage {
  /** The whole path, where `url` lacks what the framework has matched already. */
  originalUrl?: string;
  /** What a body parser has read. */
  body?: unknown;
  /** Where the adapter looks for a body that was read before. */
  rawBody?: Buffer;
}

/** Serves what is under the prefix by a fetch handler. */
export function createNodeHandler(
  fetch: (request: Request, bindings: HttpBindings) => Promise<Response>,
  prefix: string,
): NodeHandler {
  const listener = getRequestListener((request, bindings) => fetch(request, bindings as HttpBindings), {
    // The process is the host's, and so are its `Request` and `Response`.
    overrideGlobalObjects: false,
  });
  return (incoming: HostedRequest, outgoing, next) => {
    const url = prefix === '' ? incoming.url : (incoming.originalUrl ?? incoming.url);
    if (next !== undefined && !isUnder(prefix, url ?? '')) {
      next();
      return;
    }
    if (url !== undefined) incoming.url = url;
    restoreBody(incoming);
    void serve(incoming, outgoing, next);
  };

  async function serve(...[incoming, outgoing, next]: Parameters<NodeHandler>): Promise<void> {
    try {
      await listener(incoming, outgoing);
    } catch (error) {
      if (next === undefined) outgoing.destroy(error instanceof Error ? error : undefined);
      else next(error);
    }
  }
}

function isUnder(prefix: string, url: string): boolean {
  return url.startsWith(prefix) && /^(?:[/?]|$)/.test(url.slice(prefix.length));
}

/** A body that the host's parser has read is written out again: it can be read only once. */
function restoreBody(incoming: HostedRequest): void {
  if (!incoming.readableEnded || incoming.body === undefined || incoming.rawBody !== undefined) return;
  const { body } = incoming;
  incoming.rawBody = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
