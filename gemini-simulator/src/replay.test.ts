import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { googleJson } from './google/json.ts';
import { startSimulator } from './index.ts';
import { askScripted, readWrites, until } from './testing/ask.ts';

const handMade =
  'data: {"candidates": [{"content": {"parts": [{"text": "水"}],"role": "model"}}]}\r\n\r\n' +
  'data: {"candidates": [{"content": {"parts": [{"text": " runs"}],"role": "model"},"finishReason": "STOP"}]}\r\n\r\n';

const folder = await mkdtemp(join(tmpdir(), 'gemini-simulator-'));
await writeFile(join(folder, 'hand-made.sse'), handMade);
const simulator = await startSimulator({ recordings: folder });
afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

describe('a replay', () => {
  test('of a file is its bytes and Google’s headers', async () => {
    const answer = await askScripted(simulator, { kind: 'replay', file: 'hand-made.sse' });
    expect(answer.body).toBe(handMade);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
  });

  test('of bytes and of the same bytes in base64 is the same', async () => {
    const bytes = Buffer.from(handMade);
    expect((await askScripted(simulator, { kind: 'replay', bytes })).body).toBe(handMade);
    expect((await askScripted(simulator, { kind: 'replay', bytes: bytes.toString('base64') })).body).toBe(
      handMade,
    );
  });

  test('is split into writes at the given offsets, in any order and beyond the end', async () => {
    simulator.script([{ kind: 'replay', file: 'hand-made.sse', cuts: [70, 52, 9_999] }]);
    const writes = await readWrites(simulator, 'Hi');
    expect(writes.join('')).toBe(Buffer.from(handMade).toString('latin1'));
    expect(writes.map((write) => write.length)).toEqual([52, 18, Buffer.byteLength(handMade) - 70]);
  });

  test('in writes of one byte arrives whole', async () => {
    const answer = await askScripted(simulator, { kind: 'replay', file: 'hand-made.sse', chunkBytes: 1 });
    expect(answer.body).toBe(handMade);
  });

  test('can end with a reset connection or in silence, after all its bytes', async () => {
    const bytes = Buffer.from(handMade);
    const broken = await askScripted(simulator, { kind: 'replay', bytes, ending: 'reset' });
    expect(broken.body).toBe(handMade);
    expect(broken.broken).toBeInstanceOf(Error);

    const leave = new AbortController();
    simulator.reset();
    const silent = askScripted(simulator, { kind: 'replay', bytes, ending: 'stall' }, 'Hi', {
      signal: leave.signal,
    });
    await until(() => simulator.log()[0]?.bytesSent === bytes.length);
    expect(simulator.log()[0]).not.toHaveProperty('finishedAt');
    leave.abort();
    await Promise.allSettled([silent]);
    await until(() => simulator.log()[0]?.closedByClientAt !== undefined);
  });

  test('of a file that is missing or outside the folder is a 400', async () => {
    for (const file of ['none.sse', '../hand-made.sse', '/etc/hostname']) {
      const answer = await askScripted(simulator, { kind: 'replay', file });
      expect(answer.status).toBe(400);
    }
  });
});

const recordings = process.env['MILLRACE_RECORDINGS'];
const missing =
  recordings === undefined ? ' (skipped: MILLRACE_RECORDINGS names no folder of recordings)' : '';

describe.skipIf(recordings === undefined)(`each recording${missing}`, async () => {
  const streams = join(recordings ?? '', 'streams');
  const files =
    recordings === undefined ? ['none'] : (await readdir(streams)).filter((name) => name.endsWith('.sse'));
  for (const file of files) {
    test(`${file} is replayed byte for byte with any cuts`, async () => {
      const expected = await readFile(join(streams, file));
      const player = await startSimulator({ recordings: streams });
      for (const cutting of [{}, { chunkBytes: 7 }, { cuts: [1, 100, 101, 257] }]) {
        const answer = await askScripted(player, { kind: 'replay', file, ...cutting });
        expect(answer.bytes.equals(expected)).toBe(true);
      }
      await player.close();
    });

    test(`${file} has the same JSON format as the simulator`, async () => {
      const lines = (await readFile(join(streams, file), 'utf8')).split('\r\n').filter((line) => line !== '');
      expect(lines.map((line) => `data: ${googleJson(JSON.parse(line.slice(6)))}`)).toEqual(lines);
    });
  }
});
