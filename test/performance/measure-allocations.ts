import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import { SqliteEventLog } from '../../server/src/adapters/event-log/sqlite/sqlite-event-log.ts';
import { GeminiStream } from '../../server/src/adapters/models/gemini/gemini-stream.ts';
import { migrate } from '../../server/src/store/migrations/migrate.ts';
import { registerNode } from '../../server/src/store/transactions/nodes.ts';
import { QueryBuilder } from '../../server/src/store/query-builder.ts';
import { SqliteDatabase } from '../../server/src/store/sqlite/sqlite-database.ts';
import { NULL_SINK } from '../../server/src/core/retrying-sink.ts';
import { EventTail } from '../../server/src/core/event-tail.ts';
import { encodeNativeFrames } from '../../server/src/http/sse/native-frames.ts';
import { EventReader } from '../../server/src/http/sse/event-reader.ts';
import type { FrameSink } from '../../server/src/http/sse/frame-sink.ts';

/**
 * Measures the bytes allocated on the heap for each event, by part: the cost of the hot path for the garbage collector, which is
 * stable where times are not. It is a separate process, with a young generation so large that nothing is collected meanwhile.
 */
const EVENTS = 20_000;
const WARM_UPS = 10;
const READERS = 10;
const WRITERS = 100;
const ID = '0VbZShiBBYJk3RQE';
const TEXT = ' and so the wheel goes round, as long as there is water in the race;';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let collections = 0;
new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });

const report = {
  'parse a chunk of the model': await perEvent(parseChunks()),
  'encode an event and its frame': await perEvent(encodeFrames()),
  [`feed ${READERS} readers`]: await perEvent(feedReaders()),
  'write an event to the log': await perEvent(await writeLog()),
};
process.stdout.write(JSON.stringify(report));

interface Part {
  run(events: number): void | Promise<void>;
  close?(): Promise<void>;
}

async function perEvent(part: Part): Promise<number> {
  for (let round = 0; round < WARM_UPS; round += 1) await part.run(EVENTS);
  globalThis.gc?.();
  await sleep(10);
  collections = 0;
  const before = process.memoryUsage().heapUsed;
  await part.run(EVENTS);
  const allocated = process.memoryUsage().heapUsed - before;
  // The observer is called in a later turn.
  await sleep(10);
  if (collections > 0) throw new Error('The garbage was collected while it was usageSource');
  await part.close?.();
  return Math.round(allocated / EVENTS);
}

function parseChunks(): Part {
  const chunk = {
    candidates: [{ content: { parts: [{ text: TEXT }], role: 'model' } }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 10, totalTokenCount: 15 },
    modelVersion: 'gemini-3.8-flash',
  };
  const bytes = Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
  return {
    run(events) {
      const stream = new GeminiStream(NULL_SINK, 'gemini-3.8-flash');
      for (let count = 0; count < events; count += 1) stream.feed(bytes);
    },
  };
}

function encodeFrames(): Part {
  return {
    run(events) {
      const tail = new EventTail(ID, 0, []);
      for (let sequence = 1; sequence <= events; sequence += 1) {
        tail.commit({ name: 'delta', data: encodeData({ event: 'delta', data: { text: TEXT } }) });
        encodeNativeFrames(tail, sequence - 1);
      }
    },
  };
}

function feedReaders(): Part {
  const sink: FrameSink = {
    write: () => true,
    end() {},
    destroy() {},
    onDrain() {},
    onClose() {},
  };
  const data = encodeData({ event: 'delta', data: { text: TEXT } });
  return {
    run(events) {
      const tail = new EventTail(ID, 0, []);
      for (let count = 0; count < READERS; count += 1) {
        new EventReader(tail, 0, sink, encodeNativeFrames).start();
      }
      for (let count = 0; count < events; count += 1) {
        tail.commit({ name: 'delta', data });
        tail.wake();
      }
    },
  };
}

async function writeLog(): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-allocations-'));
  const database = new SqliteDatabase(join(folder, 'log.db'));
  const builder = new QueryBuilder('sqlite');
  database.writeNow(migrate({ db: builder, now: 0 }));
  database.writeNow(registerNode({ db: builder }, { id: 'node', renewals: 0, process: '' }));
  const log = new SqliteEventLog(database, silent);
  const ids = Array.from({ length: WRITERS }, (_item, index) => `0VbZShiBBYJk${1000 + index}`);
  const writers = await Promise.all(ids.map((id) => log.writer(id, 'node')));
  const delta: ChatEvent = { event: 'delta', data: { text: TEXT } };
  return {
    async run(events) {
      for (let count = 0; count < events; count += WRITERS) {
        for (const writer of writers) writer.append(delta);
        await writers[0]?.flush();
      }
    },
    async close() {
      await log.close();
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}
