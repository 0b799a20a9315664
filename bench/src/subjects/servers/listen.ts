import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';

/** Listens on a free port, and prints the address. */
export function listen(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
}

/** The URL of the model. */
export const MODEL_URL = process.env.MODEL_URL ?? '';
