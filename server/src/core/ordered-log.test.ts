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

test('an event that refers to nothing is written at once', () => {
  log.append(delta('a'));
  log.append(delta('b'));
  expect(written).toBe('ab');
});

test('an image is written once it is stored, and nothing overtakes it', async () => {
  const storing = Promise.withResolvers<void>();
  log.append(delta('a'));
  log.append(media, storing.promise);
  log.append(delta('b'));
  await turn();
  expect(written).toBe('a');
  storing.resolve();
  log.append(delta('c'));
  await log.flush();
  expect(written).toBe('a*bc');
  log.append(delta('d'));
  expect(written).toBe('a*bcd');
  expect(log.hasFailed).toBe(false);
});

test('two images are written in order, whichever is stored first', async () => {
  const storing = Promise.withResolvers<void>();
  log.append(media, storing.promise);
  log.append(delta('b'));
  log.append(media, Promise.resolve());
  log.append(delta('d'));
  await turn();
  expect(written).toBe('');
  storing.resolve();
  await log.flush();
  expect(written).toBe('*b*d');
});

test('when an image cannot be stored, earlier events are written and later ones are not', async () => {
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
