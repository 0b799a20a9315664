import type { ChatEvent } from '@millrace/protocol';
import { beforeEach, expect, test } from 'vitest';
import type { LogWriter } from '../ports/event-log.ts';
import { StorageError } from './errors.ts';
import { EventTail } from './event-tail.ts';
import { OrderedLog } from './ordered-log.ts';

const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } });
const media: ChatEvent = {
  event: 'media',
  data: { mimeType: 'image/png', url: '/api/media/x', width: 1, height: 1 },
};

let written: string;
let reasons: unknown[];
let log: OrderedLog;
beforeEach(() => {
  written = '';
  reasons = [];
  const writer: LogWriter = {
    tail: new EventTail('0VbZShiBBYJk3RQE', 0, []),
    hasLostEvents: false,
    append: (event) => void (written += event?.event === 'delta' ? event.data.text : '*'),
    flush: async () => {},
    failure: new AbortController().signal,
    release: () => {},
  };
  log = new OrderedLog(writer, (reason) => reasons.push(reason));
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what waits for nothing is written at once', () => {
  log.append(delta('a'));
  log.append(delta('b'));
  expect(written).toBe('ab');
});

test('an image is written once it is kept, and nothing overtakes it', async () => {
  const keeping = Promise.withResolvers<void>();
  log.append(delta('a'));
  log.append(media, keeping.promise);
  log.append(delta('b'));
  await turn();
  expect(written).toBe('a');
  keeping.resolve();
  log.append(delta('c'));
  await log.flush();
  expect(written).toBe('a*bc');
  log.append(delta('d'));
  expect(written).toBe('a*bcd');
  expect(log.hasFailed).toBe(false);
});

test('of two images the one kept first does not go first', async () => {
  const keeping = Promise.withResolvers<void>();
  log.append(media, keeping.promise);
  log.append(delta('b'));
  log.append(media, Promise.resolve());
  log.append(delta('d'));
  await turn();
  expect(written).toBe('');
  keeping.resolve();
  await log.flush();
  expect(written).toBe('*b*d');
});

test('when an image cannot be kept, what came before it is written and nothing after it', async () => {
  const first = Promise.withResolvers<void>();
  const refusal = new StorageError('full');
  log.append(media, first.promise);
  log.append(delta('b'));
  log.append(media, Promise.reject(refusal));
  log.append(delta('d'));
  await turn();
  first.resolve();
  await expect(log.flush()).rejects.toBe(refusal);
  log.append(delta('e'));
  log.append(media, Promise.reject(new StorageError('still full')));
  await expect(log.flush()).rejects.toBe(refusal);
  expect(written).toBe('*b');
  expect(reasons).toEqual([refusal]);
  expect(log.hasFailed).toBe(true);
});
