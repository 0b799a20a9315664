import type { IncomingMessage, ServerResponse } from 'node:http';
import { GoogleApiError } from '../gemini/google-errors.ts';

const bodyLimitBytes = 100 * 1024 * 1024;

/** The whole body of a request as text. @throws {GoogleApiError} 400 beyond 100 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    // Read to its end all the same: leaving the loop would close the socket that the error goes out on.
    if (length <= bodyLimitBytes) pieces.push(piece);
  }
  if (length > bodyLimitBytes) {
    const message = `Request payload size exceeds the limit: ${bodyLimitBytes} bytes.`;
    throw new GoogleApiError('400', { message });
  }
  return Buffer.concat(pieces).toString();
}

/** @throws {GoogleApiError} 400 for what isn't JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Google names the place and not the cause; the text itself is too long for a message.
    throw new GoogleApiError('400', { message: 'Invalid JSON payload received. Unexpected token.' });
  }
}

export function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(body);
}
