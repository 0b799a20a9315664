/** Reads the response bodies of a service, for every provider. */
import type { Dispatcher } from 'undici';
import type { ReplyError } from '../../core/errors.ts';
import type { ModelOutcome } from '../../ports/model-provider.ts';

type Body = Dispatcher.ResponseData['body'];

/** The part of an error's body that is read. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Parses the response of one request for a reply. */
export interface ReplyParser {
  /** Set when the reply has failed while the connection is still open. */
  readonly error: ReplyError | null;
  feed(bytes: Uint8Array): void;
  /** Called when the service has closed the stream. @throws ReplyError when the reply isn't complete */
  end(): ModelOutcome;
}

/**
 * Feeds a body to a parser. Closes the connection when the parser fails.
 * It uses callbacks: with `for await`, a promise per chunk would be a third of its cost.
 */
export function parseReply(body: Body, parser: ReplyParser): Promise<ModelOutcome> {
  return new Promise((resolve, reject) => {
    body.on('data', (bytes: Uint8Array) => {
      try {
        parser.feed(bytes);
      } catch (error) {
        // Thrown from a listener, it would end the process.
        reject(error);
        body.destroy();
        return;
      }
      // Destroying the body closes the socket.
      if (parser.error) body.destroy(parser.error);
    });
    body.on('error', reject);
    body.on('end', () => {
      try {
        resolve(parser.end());
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Returns the start of an error's body as text, and closes the connection if there is more. */
export async function readErrorBody(body: Body): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text;
}
