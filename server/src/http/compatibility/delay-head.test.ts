import { encodeData } from '@millrace/protocol';
import type { ChatEvent, EventData, ReplyErrorCode } from '@millrace/protocol';
import { expect, test } from 'vitest';
import { EventTail } from '../../core/event-tail.ts';
import { waitForFirstText } from './delay-head.ts';

const DELTA: ChatEvent = { event: 'delta', data: { text: 'One' } };
const THOUGHT: ChatEvent = { event: 'thought', data: { text: 'Hm' } };
const never = () => new AbortController().signal;

function errorOf(code: ReplyErrorCode): ChatEvent {
  const partial = { id: 'm', parts: [] } as unknown as EventData['error']['partial'];
  return {
    event: 'error',
    data: { status: 'failed', code, message: 'It failed.', retryable: true, partial },
  };
}

function tailOf(...events: ChatEvent[]): EventTail {
  const tail = new EventTail('0VbZShiBBYJk3RQE', 0, []);
  add(tail, ...events);
  return tail;
}

function add(tail: EventTail, ...events: ChatEvent[]): void {
  for (const event of events) tail.commit({ name: event.event, data: encodeData(event) });
  tail.wake();
}

test('the head is delayed through thoughts until the first text, and the request is a reader meanwhile', async () => {
  const tail = tailOf(THOUGHT);
  let isDelayed = true;
  const waiting = waitForFirstText(tail, never()).then(() => (isDelayed = false));
  add(tail, THOUGHT);
  await Promise.resolve();
  expect({ isDelayed, listeners: tail.listenerCount }).toEqual({ isDelayed: true, listeners: 1 });
  add(tail, DELTA);
  await waiting;
  expect(tail.listenerCount).toBe(0);
});

test('the head isn’t delayed if text exists, nor after the signal aborts', async () => {
  await waitForFirstText(tailOf(DELTA), never());
  await waitForFirstText(tailOf(DELTA, errorOf('model_timeout')), never());
  const tail = tailOf(THOUGHT);
  const leave = new AbortController();
  const waiting = waitForFirstText(tail, leave.signal);
  leave.abort();
  await waiting;
  await waitForFirstText(tail, leave.signal);
  expect(tail.listenerCount).toBe(0);
});

test.each<[ReplyErrorCode, string, number]>([
  ['model_unavailable', 'model_failed', 502],
  ['model_rate_limited', 'model_failed', 502],
  ['unsupported_function_call', 'model_failed', 502],
  ['internal', 'reply_failed', 500],
  ['storage_failed', 'reply_failed', 500],
  ['interrupted', 'reply_failed', 500],
])('a reply that fails by %s without text is answered by %s', async (code, problem, status) => {
  const tail = tailOf(THOUGHT);
  const waiting = waitForFirstText(tail, never());
  add(tail, errorOf(code));
  await expect(waiting).rejects.toMatchObject({ code: problem, status, message: 'It failed.' });
});
