import { expect } from 'vitest';
import type { Message } from '@millrace/protocol';
import type { Caller } from './caller.ts';
import { readReply } from './caller.ts';
import type { RecordedReply } from './gemini-recording.ts';
import type { TestServer } from './test-server.ts';

/** How a recording is cut into writes; without options it is written at once. */
export interface Cutting {
  cuts?: readonly number[];
  chunkBytes?: number;
}

/** Lets the model answer with the recording, and expects the reply to have exactly its text and usage. */
export async function expectReplay(
  { simulator }: TestServer,
  caller: Caller,
  chatId: string,
  bytes: Uint8Array,
  expected: RecordedReply,
  cutting: Cutting,
): Promise<void> {
  simulator.script([{ kind: 'replay', bytes, ...cutting }]);
  const question = { content: 'Hello', parentId: null };
  const reply = await readReply(await caller.send('POST', `/api/chats/${chatId}/messages`, question));
  const { last } = reply;
  expect({ cutting, text: reply.text, thoughts: reply.thoughts }).toEqual({
    cutting,
    text: expected.text,
    thoughts: expected.thoughts,
  });
  const sources = reply.events.flatMap((event) => (event.event === 'source' ? [event.data] : []));
  expect(sources).toEqual(expected.sources);
  if (expected.callsFunction) {
    expect(last).toMatchObject({
      event: 'error',
      data: { status: 'failed', code: 'unsupported_function_call', retryable: false },
    });
  } else {
    expect(last).toMatchObject({
      event: 'done',
      data: { status: 'completed', finishReason: 'stop', usageSource: 'provider', usage: expected.usage },
    });
  }
  const saved = savedIn(last.data);
  expect(saved).toMatchObject({
    usage: expected.usage,
    tokensUsed: expected.usage.totalTokens,
    usageSource: 'provider',
  });
  expect(textIn(saved, 'text')).toBe(expected.text);
  expect(textIn(saved, 'thought')).toBe(expected.thoughts);
}

function savedIn(data: object): Message {
  if ('partial' in data) return data.partial as Message;
  return 'message' in data ? (data.message as Message) : expect.fail('The last event holds no message');
}

/** The joined text of all parts of one type. */
export function textIn(message: Message | undefined, type: 'text' | 'thought'): string {
  let text = '';
  for (const part of message?.parts ?? []) if (part.type === type) text += part.text;
  return text;
}
