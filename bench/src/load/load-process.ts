import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { answerCalls } from '../processes/calls.ts';
import type { RepeatOrder, StreamOrder } from './orders.ts';
import { repeat } from './repeat.ts';
import { StreamGroup } from './stream-group.ts';

/** The readers, in a separate process. */
const groups = new Map<number, StreamGroup>();
let lastGroup = 0;

function groupOf(id: number): StreamGroup {
  const group = groups.get(id);
  if (group === undefined) throw new Error(`There is no group ${id}`);
  return group;
}

const calls = {
  /** @returns the number of the group, when all requests were sent */
  open: async (order: StreamOrder) => {
    lastGroup += 1;
    const id = lastGroup;
    const group = new StreamGroup(order);
    groups.set(id, group);
    await group.open();
    return id;
  },
  begun: (id: number) => groupOf(id).begun(),
  window: (id: number) => groupOf(id).window(),
  finish: async ({ group: id, timeoutMs }: { group: number; timeoutMs: number }) => {
    const report = await groupOf(id).finish(timeoutMs);
    groups.delete(id);
    return report;
  },
  close: (id: number) => {
    groupOf(id).close();
    groups.delete(id);
  },
  repeat: (order: RepeatOrder) => repeat(order),
} as const;

export type LoadCalls = typeof calls;

answerCalls(calls);

// The parent waits for an address. It doesn't use this one.
const server = createServer().listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
