import { connect } from 'node:net';
import type { Socket } from 'node:net';

/**
 * Connects a client's socket to a port of loopback. What the client sends is forwarded; the caller forwards the other direction.
 * @param sockets contains both sockets while they are open
 * @returns the socket to the server
 */
export function forwardConnection(client: Socket, port: number, sockets: Set<Socket>): Socket {
  const upstream = connect(port, '127.0.0.1');
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    sockets.add(socket);
    // An error on one side closes the other.
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }
  client.pipe(upstream);
  return upstream;
}
