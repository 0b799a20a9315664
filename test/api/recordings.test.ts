import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { readRecording } from '../support/gemini-recording.ts';
import { expectReplay, textIn } from '../support/replayed-reply.ts';
import type { Cutting } from '../support/replayed-reply.ts';
import { cutsByKind, spread } from '../support/stream-cuts.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const folder = process.env['MILLRACE_RECORDINGS'];
const streams = join(folder ?? '', 'streams');
const files = folder === undefined ? ['none'] : readdirSync(streams).filter((name) => name.endsWith('.sse'));
const reason = folder === undefined ? ' (skipped: MILLRACE_RECORDINGS names no folder of recordings)' : '';

/** Replies that consist only of a function call. */
const CALLS_ONLY = /^(03|04|17)-/;
/** The number of cuts of each kind that are tried one at a time. All cuts of a kind are also tried together. */
const ALONE = 6;

describe.skipIf(folder === undefined)(`real recordings through the whole server${reason}`, () => {
  let server: TestServer;
  let caller: Caller;
  let chatId: string;
  beforeAll(async () => {
    server = await startTestServer();
    caller = await server.guest();
    chatId = (await caller.createChat()).id;
  });
  afterAll(() => server.close());

  /** The charge follows the usage in a recording's last chunk. */
  const replay = async (file: string, cutting: Cutting, into = chatId) => {
    const bytes = readFileSync(join(streams, file));
    const expected = readRecording(bytes);
    const { used } = (await caller.me()).budget;
    await expectReplay(server, caller, into, bytes, expected, cutting);
    const { totalTokens } = expected.usage;
    expect(totalTokens).toBeGreaterThan(0);
    expect((await caller.me()).budget).toMatchObject({ used: used + totalTokens, reserved: 0 });
  };

  test('the folder has recordings with text, with characters that can be cut, and with calls only', () => {
    const recordings = files.map((file) => readFileSync(join(streams, file)));
    expect(recordings.some((bytes) => readRecording(bytes).text.length > 1000)).toBe(true);
    expect(recordings.some((bytes) => cutsByKind(bytes).has('inside a UTF-8 character'))).toBe(true);
    expect(files.filter((file) => CALLS_ONLY.test(file))).toHaveLength(3);
  });

  describe.each(files)('%s', (file) => {
    test('is reproduced in the stream, in the message list and in a replay of the log', async () => {
      const bytes = readFileSync(join(streams, file));
      const expected = readRecording(bytes);
      expect(expected.callsFunction).toBe(CALLS_ONLY.test(file));
      const chat = await caller.createChat();
      await replay(file, {}, chat.id);
      const [, answer] = await caller.messages(chat.id);
      expect(textIn(answer, 'text')).toBe(expected.text);
      expect(textIn(answer, 'thought')).toBe(expected.thoughts);
      expect(answer).toMatchObject({
        usage: expected.usage,
        tokensUsed: expected.usage.totalTokens,
        usageSource: 'provider',
      });
      const again = await caller.replay(answer?.generationId ?? '');
      expect(again.text).toBe(expected.text);
      expect(again.thoughts).toBe(expected.thoughts);
    });

    test('is reproduced from writes of one byte', () => replay(file, { chunkBytes: 1 }));

    test('is reproduced with all cuts of a kind at once', async () => {
      const kinds = cutsByKind(readFileSync(join(streams, file)));
      expect(kinds.size).toBeGreaterThan(6);
      for (const cuts of kinds.values()) await replay(file, { cuts });
    });

    test('is reproduced with a cut inside any single UTF-8 character, CRLF or escape, and at positions of each other kind', async () => {
      for (const [kind, cuts] of cutsByKind(readFileSync(join(streams, file)))) {
        const each = kind.includes('UTF-8') ? cuts : spread(cuts, ALONE);
        for (const cut of each) await replay(file, { cuts: [cut] });
      }
    });
  });
});
