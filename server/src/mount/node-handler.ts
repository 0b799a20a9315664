import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';

/** A handler for `node:http`, Express and Connect. Requests outside the prefix go to `next`. */
export type NodeHandler = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** Properties that frameworks add to a request. */
interface HostedRequest extends IncomingMessage {
  /** The whole path, when the framework has removed the matched part from `url`. */
  originalUrl?: string;
  /** The result of a body parser. */
  body?: unknown;
  /** Where Hono's adapter looks for a body that was already read. */
  rawBody?: Buffer;
}

/** Creates a handler that passes requests under the prefix to a fetch handler. */
export function createNodeHandler(
  fetch: (request: Request, bindings: HttpBindings) => Promise<Response>,
  prefix: string,
): NodeHandler {
  const listener = getRequestListener((request, bindings) => fetch(request, bindings as HttpBindings), {
    // The process is the host's, so its global `Request` and `Response` stay.
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

/** Restores a body that the host's parser has read, because a stream can be read only once. */
function restoreBody(incoming: HostedRequest): void {
  if (!incoming.readableEnded || incoming.body === undefined || incoming.rawBody !== undefined) return;
  const { body } = incoming;
  incoming.rawBody = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
