import { describe, expect, test } from 'vitest';
import { describeFrameSink } from './frame-sink.contract.ts';
import { WebStreamSink } from './web-stream-sink.ts';

function connect(signal = new AbortController().signal) {
  const sink = new WebStreamSink(signal);
  const reader = sink.body.getReader();
  const decoder = new TextDecoder();
  const client = {
    async read(): Promise<string | null> {
      const { done, value } = await reader.read();
      return done ? null : decoder.decode(value, { stream: true });
    },
    leave: () => reader.cancel(),
  };
  return { sink, client };
}

describe('a web stream', () => {
  describeFrameSink(async () => connect());

  test('is full at 64 KB, and drains when it has room again', async () => {
    const { sink, client } = connect();
    let drained = 0;
    sink.onDrain(() => (drained += 1));
    expect(sink.write('x'.repeat(65_535))).toBe(true);
    expect(sink.write('x')).toBe(false);
    expect(drained).toBe(0);
    await client.read();
    expect(drained).toBe(1);
    await client.read();
    expect(drained).toBe(1);
  });

  test('ends when the request is aborted, and leaves no listener on its signal', async () => {
    const request = new AbortController();
    const { sink, client } = connect(request.signal);
    let closed = 0;
    sink.onClose(() => (closed += 1));
    request.abort();
    expect(closed).toBe(1);
    expect(sink.write('x')).toBe(false);
    expect(await client.read()).toBeNull();
  });

  test('is closed from the beginning when the request was aborted before', async () => {
    const { sink } = connect(AbortSignal.abort());
    await new Promise<void>((resolve) => sink.onClose(resolve));
    expect(sink.write('x')).toBe(false);
  });
});
