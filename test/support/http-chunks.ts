import { once } from 'node:events';
import { connect } from 'node:net';

/** Reads a whole HTTP/1.1 response. @returns the chunks of its body: each one is what the server wrote at once */
export async function readChunks(
  url: string,
  request: { method: string; path: string; token: string; body?: object },
): Promise<{ status: number; chunks: string[] }> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const body = request.body === undefined ? '' : JSON.stringify(request.body);
  socket.write(
    `${request.method} ${request.path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${request.token}\r\n` +
      `connection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  const response = Buffer.concat(pieces);
  const head = response.indexOf('\r\n\r\n');
  const status = Number(response.subarray(9, 12).toString());
  return { status, chunks: chunksOf(response.subarray(head + 4)) };
}

function chunksOf(body: Buffer): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < body.length;) {
    const line = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.subarray(at, line).toString(), 16);
    if (size === 0) break;
    chunks.push(body.subarray(line + 2, line + 2 + size).toString());
    at = line + 2 + size + 2;
  }
  return chunks;
}
