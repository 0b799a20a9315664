import { WAYS } from './ways.ts';
import type { WayName } from './ways.ts';

/** Reads replies in one way, and prints the CPU time of a chunk (µs). */
const { MODEL_URL = '', WAY = '' } = process.env;
const replies = Number(process.env.REPLIES);
const chunks = Number(process.env.CHUNKS);

const read = WAYS[WAY as WayName](MODEL_URL);
await readAll();
const before = process.cpuUsage();
await readAll();
const { user, system } = process.cpuUsage(before);
process.stdout.write(String((user + system) / (replies * chunks)));
// Idle keep-alive connections would keep this process running.
process.exit(0);

async function readAll(): Promise<void> {
  let count = 0;
  await Promise.all(Array.from({ length: replies }, () => read(() => (count += 1))));
  if (count !== replies * chunks) throw new Error(`${count} chunks came, of ${replies * chunks}`);
}
