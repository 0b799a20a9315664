import type { ChatEvent } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { delta, done, message, meta, USAGE } from '../../test-support/scripted-server.ts';
import { applyEvent } from './apply-event.ts';

function fold(events: ChatEvent[]) {
  return events.reduce(applyEvent, message());
}

const source: ChatEvent = { event: 'source', data: { title: 'A', url: 'https://a.example' } };

describe('applying events to a message', () => {
  test('deltas are joined to the text, separate from thoughts', () => {
    const thought: ChatEvent = { event: 'thought', data: { text: 'Hm' } };
    expect(fold([meta, thought, delta('Hel'), thought, delta('lo')]).parts).toEqual([
      { type: 'thought', text: 'HmHm' },
      { type: 'text', text: 'Hello' },
    ]);
  });

  test('a source between two deltas does not split the text', () => {
    expect(fold([delta('Hel'), source, delta('lo')]).parts).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'source', title: 'A', url: 'https://a.example' },
    ]);
  });

  test('an image splits the text', () => {
    const media = { mimeType: 'image/png', url: '/api/media/x', width: 2, height: 1 };
    expect(fold([delta('Hel'), delta('lo'), { event: 'media', data: media }, delta('Bye')]).parts).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'media', ...media },
      { type: 'text', text: 'Bye' },
    ]);
  });

  test('the previous message remains unchanged', () => {
    const before = fold([delta('Hel')]);
    const after = applyEvent(before, delta('lo'));
    expect(before.parts).toEqual([{ type: 'text', text: 'Hel' }]);
    expect(after).not.toBe(before);
  });

  test('a notice changes nothing', () => {
    const before = message();
    expect(applyEvent(before, { event: 'notice', data: { code: 'retrying', message: 'Again' } })).toBe(
      before,
    );
  });

  test('usage is updated while the reply is running', () => {
    expect(fold([{ event: 'usage', data: USAGE }]).usage).toEqual(USAGE);
  });

  test('a snapshot replaces the text, and `done` the whole message', () => {
    const snapshot: ChatEvent = {
      event: 'snapshot',
      data: { message: message({ parts: [{ type: 'text', text: 'All' }] }) },
    };
    expect(fold([delta('A'), snapshot]).parts).toEqual([{ type: 'text', text: 'All' }]);
    expect(fold([delta('A'), done('All')])).toMatchObject({
      status: 'completed',
      tokensUsed: 3,
      parts: [{ text: 'All' }],
    });
  });

  test('an error keeps the text and sets the error', () => {
    const error: ChatEvent = {
      event: 'error',
      data: {
        status: 'failed',
        code: 'model_unavailable',
        message: 'The model is down.',
        retryable: true,
        partial: message({ status: 'failed', parts: [{ type: 'text', text: 'Hel' }] }),
      },
    };
    expect(fold([delta('Hel'), error])).toMatchObject({
      status: 'failed',
      parts: [{ text: 'Hel' }],
      error: { code: 'model_unavailable', message: 'The model is down.' },
    });
  });
});
